// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/free_state.h"

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

struct Step {
  std::uint64_t upTo;  // bytes
  std::uint64_t percent;
};
constexpr std::array kSliding{Step{4 * kGiB, 6}, Step{12 * kGiB, 4}, Step{28 * kGiB, 2}, Step{~std::uint64_t{0}, 1}};

FreeState enteredAt(Pages free, const FreeStateThresholds& thresholds) {
  if (free < thresholds.low) return FreeState::Low;
  if (free < thresholds.hard) return FreeState::Hard;
  if (free < thresholds.soft) return FreeState::Soft;
  if (free < thresholds.clear) return FreeState::Clear;
  return FreeState::High;
}

// Where a state is left to when free memory rises, and the threshold to be exceeded for that.
struct Exit {
  FreeState to;
  Pages threshold;
};
Exit exitOf(FreeState state, const FreeStateThresholds& thresholds) {
  if (state == FreeState::Low) return {FreeState::Hard, thresholds.hard};
  if (state == FreeState::Hard) return {FreeState::Soft, thresholds.soft};
  if (state == FreeState::Soft && thresholds.clear != Pages(0)) return {FreeState::Clear, thresholds.clear};
  return {FreeState::High, thresholds.high};
}

// part * frames / whole, rounded up, digit by digit: the product may not fit 64 bits. part <= whole < 2^63.
std::uint64_t scaledUp(std::uint64_t part, std::uint64_t frames, std::uint64_t whole) {
  std::uint64_t quotient = 0, remainder = 0;
  const auto add = [&](std::uint64_t summand) {
    remainder += summand;
    if (remainder < whole) return;
    remainder -= whole;
    ++quotient;
  };
  for (int bit = 63; bit >= 0; --bit) {
    quotient *= 2;
    add(remainder);
    if ((frames >> bit & 1) != 0) add(part);
  }
  return remainder == 0 ? quotient : quotient + 1;
}

}  // namespace

Bytes minFreeOf(Bytes host, MinFreeScale scale, std::uint64_t percent) {
  if (percent != 0) return host * percent / 100;
  if (scale == MinFreeScale::SixPercent) return host * 6 / 100;
  std::uint64_t below = 0;
  std::uint64_t hundredths = 0;
  for (const Step& step : kSliding) {
    const std::uint64_t end = std::min(host.value(), step.upTo);
    if (end > below) hundredths += (end - below) * step.percent;
    below = std::max(below, end);
  }
  return Bytes(hundredths / 100);
}

FreeStateThresholds thresholdsFor(Pages frames, Bytes represents, MinFreeScale scale, std::uint64_t percent) {
  // minFree : represents = high : frames, in whole frames, rounded up so that a tiny host still has a threshold.
  const std::uint64_t high =
      represents == Bytes(0) ? 0 : scaledUp(minFreeOf(represents, scale, percent).value(), frames.value(), represents.value());
  return {Pages(high), Pages(high * 64 / 100), Pages(high * 32 / 100), Pages(high * 16 / 100), Pages((high * 4 + 99) / 100)};
}

FreeStateThresholds thresholdsFor(Pages frames, Bytes represents, const FreeStateRules& rules, std::uint64_t percent) {
  FreeStateThresholds thresholds = thresholdsFor(frames, represents, rules.scale, percent);
  if (rules.clear == ClearState::Present) thresholds.clear = thresholds.high;
  thresholds.high = Pages((thresholds.high.value() * std::max<std::uint64_t>(rules.highPercent, 100) + 99) / 100);
  return thresholds;
}

FreeState nextFreeState(FreeState current, Pages free, const FreeStateThresholds& thresholds) {
  const FreeState down = enteredAt(free, thresholds);
  if (down >= current) return down;  // enumerators are in the order of pressure
  // Upwards state by state: each is left only well above the next higher threshold.
  FreeState state = current;
  while (state > down) {
    const Exit exit = exitOf(state, thresholds);
    if (free < exit.threshold + thresholds.hysteresis) break;
    state = exit.to;
  }
  return state;
}

Pages thresholdOf(FreeState state, const FreeStateThresholds& thresholds) {
  switch (state) {
    case FreeState::High: return Pages(0);
    case FreeState::Clear: return thresholds.clear;
    case FreeState::Soft: return thresholds.soft;
    case FreeState::Hard: return thresholds.hard;
    case FreeState::Low: return thresholds.low;
  }
  return Pages(0);
}

Pages reclaimGoal(const FreeStateThresholds& thresholds) { return exitOf(FreeState::Soft, thresholds).threshold + thresholds.hysteresis; }

Headroom headroomOf(Pages free, const FreeStateThresholds& thresholds) {
  return free < thresholds.high ? Headroom::BelowHigh : Headroom::Enough;
}

// The rows are those of EPP11 and W02 section 6.3 (four states) and of EPP15 (five), except that large pages go on being broken
// below clear: sharing needs it, and a host that fills fast never sees clear.
Permits permitsIn(FreeState state, Headroom headroom, const FreeStateRules& rules) {
  const bool five = rules.clear == ClearState::Present;
  const bool inHard = rules.balloonInHard == BalloonInHard::Continues;
  switch (state) {
    case FreeState::High:
      if (headroom == Headroom::Enough) return {};
      return {.breakLargePages = five, .balloon = !five};  // DEN11: ballooning starts just below MinFree
    case FreeState::Clear: return {.breakLargePages = true, .shareActively = true};
    case FreeState::Soft:
      return {.breakLargePages = five,
              .shareActively = five,
              .balloon = true,
              .swap = five ? SwapPermit::Nobody : SwapPermit::WhereBalloonCannot};
    case FreeState::Hard: return {.breakLargePages = five, .shareActively = five, .balloon = inHard, .swap = SwapPermit::Everybody};
    case FreeState::Low: return {.breakLargePages = five, .balloon = inHard, .swap = SwapPermit::Everybody, .block = true};
  }
  return {};
}

}  // namespace overcommit

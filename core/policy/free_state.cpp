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
  return FreeState::High;
}

}  // namespace

std::optional<MinFreeScale> minFreeScaleOf(std::string_view profile) {
  if (profile == "esx2" || profile == "esx3" || profile == "esx4") return MinFreeScale::SixPercent;
  if (profile == "esx5" || profile == "esx6") return MinFreeScale::Sliding;
  return std::nullopt;
}

Bytes minFreeOf(Bytes host, MinFreeScale scale, std::uint64_t percent) {
  if (percent != 0) return host / 100 * percent;
  if (scale == MinFreeScale::SixPercent) return host / 100 * 6;
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
  const std::uint64_t minFree = minFreeOf(represents, scale, percent).value();
  const std::uint64_t perFrame = std::max<std::uint64_t>(represents.value() / std::max<std::uint64_t>(frames.value(), 1), 1);
  const std::uint64_t high = (minFree + perFrame - 1) / perFrame;
  return {Pages(high), Pages(high * 64 / 100), Pages(high * 32 / 100), Pages(high * 16 / 100), Pages((high * 4 + 99) / 100)};
}

FreeState nextFreeState(FreeState current, Pages free, const FreeStateThresholds& thresholds) {
  const FreeState down = enteredAt(free, thresholds);
  if (down >= current) return down;  // enumerators are in the order of pressure
  // Upwards state by state: each is left only well above the next higher threshold.
  FreeState state = current;
  while (state > down) {
    const Pages next = state == FreeState::Low ? thresholds.hard : state == FreeState::Hard ? thresholds.soft : thresholds.high;
    if (free < next + thresholds.hysteresis) break;
    state = state == FreeState::Low ? FreeState::Hard : state == FreeState::Hard ? FreeState::Soft : FreeState::High;
  }
  return state;
}

Pages thresholdOf(FreeState state, const FreeStateThresholds& thresholds) {
  switch (state) {
    case FreeState::High: return Pages(0);
    case FreeState::Clear: return thresholds.high;
    case FreeState::Soft: return thresholds.soft;
    case FreeState::Hard: return thresholds.hard;
    case FreeState::Low: return thresholds.low;
  }
  return Pages(0);
}

}  // namespace overcommit

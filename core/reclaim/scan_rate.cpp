// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/scan_rate.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace overcommit {
namespace {

__extension__ using Wide = unsigned __int128;

// A fraction in lowest terms whose parts fit, so that times 10^9 they fit 64 bits.
ScanRate fraction(Wide pages, Wide seconds) {
  Wide a = pages, b = seconds;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  pages /= a;
  seconds /= a;
  constexpr Wide kMost = Wide{1} << 33;
  while (pages >= kMost || seconds >= kMost) {
    pages >>= 1;
    seconds >>= 1;
  }
  if (seconds == 0) seconds = 1;
  return {static_cast<std::uint64_t>(pages), static_cast<std::uint64_t>(seconds)};
}

ScanRate scaled(std::uint64_t pagesPerSecond, const HostScale& scale) {
  const std::uint64_t memory = bytesOf(scale.frames).value(), represents = scale.represents.value();
  invariant(memory > 0 && represents > 0, "a host stands for some memory");
  const std::uint64_t common = std::gcd(memory, represents);
  const ScanRate perK = fraction(memory / common, represents / common);
  return fraction(Wide{pagesPerSecond} * scale.timeScale * perK.pages, perK.seconds);
}

}  // namespace

ScanRate vmScanRate(const ScanRateSetting& setting, const HostScale& scale, Pages vmMemory) {
  if (const auto* fixed = std::get_if<FixedScanRate>(&setting)) return scaled(fixed->pagesPerSecondPerVm, scale);
  const auto& whole = std::get<WholeScanRate>(setting);
  invariant(whole.scanMinutes > 0, "a pass takes some time");
  const ScanRate most = scaled(whole.mostPagesPerSecondPerVm, scale);
  const ScanRate pass = fraction(Wide{vmMemory.value()} * scale.timeScale, Wide{60} * whole.scanMinutes);
  return Wide{most.pages} * pass.seconds < Wide{pass.pages} * most.seconds ? most : pass;
}

ScanRate hostScanRate(const ScanRateSetting& setting, const HostScale& scale) {
  if (const auto* fixed = std::get_if<FixedScanRate>(&setting)) return scaled(fixed->pagesPerSecondTotal, scale);
  return scaled(std::get<WholeScanRate>(setting).hostPagesPerSecond, scale);
}

std::uint64_t CarriedShare::of(std::uint64_t amount, std::uint64_t numerator, std::uint64_t denominator) {
  if (denominator != denominator_) {
    left_ = static_cast<std::uint64_t>(Wide{left_} * denominator / denominator_);
    denominator_ = denominator;
  }
  const Wide sum = Wide{amount} * numerator + left_;
  left_ = static_cast<std::uint64_t>(sum % denominator);
  return static_cast<std::uint64_t>(sum / denominator);
}

}  // namespace overcommit

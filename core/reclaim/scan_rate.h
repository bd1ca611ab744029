// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <variant>

#include "base/ids.h"

namespace overcommit {

// How fast pages are scanned for sharing, as VMware publishes it, for the host that this one stands for. 0 pages a second, of a VM or
// of the host, is off.
//
// ESX 2: Mem/ShareScanVM and Mem/ShareScanTotal (ESX 2.5 administration guide, p. 355).
struct FixedScanRate {
  std::uint64_t pagesPerSecondPerVm = 50;
  std::uint64_t pagesPerSecondTotal = 200;
  friend bool operator==(const FixedScanRate&, const FixedScanRate&) = default;
};
// ESX 3 and later: Mem.ShareScanTime, Mem.ShareRateMax, and Mem.ShareScanGHz times the host's clock rate (see hostPagesPerSecond).
struct WholeScanRate {
  std::uint64_t scanMinutes = 60;  // in which as many pages are scanned as the VM has; > 0
  std::uint64_t mostPagesPerSecondPerVm = 1024;
  std::uint64_t hostPagesPerSecond = 0;
  friend bool operator==(const WholeScanRate&, const WholeScanRate&) = default;
};
using ScanRateSetting = std::variant<FixedScanRate, WholeScanRate>;

// Mem.ShareScanGHz (MB/s for each GHz) on a host whose processors have so many MHz together.
constexpr std::uint64_t hostPagesPerSecond(std::uint64_t shareScanGHz, std::uint64_t totalMegahertz) {
  return shareScanGHz * totalMegahertz * 256 / 1000;
}

// What a small host stands for (frame_scale k = represents / memory, and time_scale).
struct HostScale {
  Pages frames;
  Bytes represents;
  std::uint64_t timeScale = 1;
};

// Pages a second, as a fraction in lowest terms.
struct ScanRate {
  std::uint64_t pages = 0;
  std::uint64_t seconds = 1;
  friend bool operator==(const ScanRate&, const ScanRate&) = default;
};

// The rule of scaling: limits in pages a second are divided by k and multiplied by time_scale; the time of a pass is divided by
// time_scale.
//   Fixed:  per VM * time_scale / k
//   Whole:  min(most per VM * time_scale / k, VM's pages * time_scale / (60 * scanMinutes))
// Exact unless numerator and denominator pass 33 bits; then to the last bit of those.
ScanRate vmScanRate(const ScanRateSetting& setting, const HostScale& scale, Pages vmMemory);
// The most for all VMs together.
ScanRate hostScanRate(const ScanRateSetting& setting, const HostScale& scale);

// amount * numerator / denominator, call by call, with what is left over carried to the next: over any number of calls the sum is off
// by less than 1. A change of the denominator keeps the fraction that was carried.
class CarriedShare {
 public:
  std::uint64_t of(std::uint64_t amount, std::uint64_t numerator, std::uint64_t denominator);

 private:
  std::uint64_t left_ = 0, denominator_ = 1;  // left_ < denominator_
};

}  // namespace overcommit

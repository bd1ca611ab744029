// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "base/ids.h"
#include "trace/event.h"

namespace overcommit {

// The host's free-memory thresholds, in frames of this host. A state is entered when fewer frames are free than its threshold
// and left upwards only when `hysteresis` more than the next higher threshold are free (VMware EPP11: soft, hard and low are
// 64 %, 32 % and 16 % of MinFree; the margin is not published: 4 % of MinFree).
//
//   0 ... low ... hard ... soft ... high = MinFree ................. all free
//     Low   | Hard  | Soft  |  High
struct FreeStateThresholds {
  Pages high, soft, hard, low;
  Pages hysteresis;
};

// How a vintage sizes MinFree: 6 % of the host up to ESX 4, a sliding scale from ESXi 5 on (6 % of the first 4 GiB, 4 % up to
// 12 GiB, 2 % up to 28 GiB, 1 % of the rest).
enum class MinFreeScale : unsigned char { SixPercent, Sliding };
std::optional<MinFreeScale> minFreeScaleOf(std::string_view profile);  // nothing: no such profile

// MinFree of a host of this size; `percent` (Mem.MemMinFreePct) replaces the scale unless it is 0.
Bytes minFreeOf(Bytes host, MinFreeScale scale, std::uint64_t percent);

// Thresholds of a host of `frames` frames that stands for `represents` bytes: computed there and scaled down.
FreeStateThresholds thresholdsFor(Pages frames, Bytes represents, MinFreeScale scale, std::uint64_t percent);

FreeState nextFreeState(FreeState current, Pages free, const FreeStateThresholds& thresholds);

// The threshold below which `state` is entered (High: none, 0).
Pages thresholdOf(FreeState state, const FreeStateThresholds& thresholds);

}  // namespace overcommit

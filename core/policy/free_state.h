// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/ids.h"
#include "trace/event.h"

namespace overcommit {

// The host's free-memory thresholds, in frames of this host. A state is entered when fewer frames are free than its threshold
// and left upwards only when `hysteresis` more than the next higher threshold are free (VMware EPP11: soft, hard and low are
// 64 %, 32 % and 16 % of MinFree; the margin is not published: 4 % of MinFree).
//
//   Four states, up to ESXi 5.x:
//   0 ... low ... hard ... soft ... high = MinFree ................. all free
//     Low   | Hard  | Soft  |  High
//
//   Five states, from ESXi 6.0 on (EPP15), where high is a multiple of MinFree:
//   0 ... low ... hard ... soft ... clear = MinFree ... high ....... all free
//     Low   | Hard  | Soft  |  Clear  |  High
//
// Nothing is entered at `high` itself: it is where help begins (see Permits) and what Clear, or Soft without it, must exceed.
struct FreeStateThresholds {
  Pages high, soft, hard, low;
  Pages hysteresis;
  Pages clear = Pages(0);  // 0: this vintage has no clear state
};

// How a vintage sizes MinFree: 6 % of the host up to ESX 4, a sliding scale from ESXi 5 on (6 % of the first 4 GiB, 4 % up to
// 12 GiB, 2 % up to 28 GiB, 1 % of the rest).
enum class MinFreeScale : unsigned char { SixPercent, Sliding };

// MinFree of a host of this size; `percent` (Mem.MemMinFreePct) replaces the scale unless it is 0.
Bytes minFreeOf(Bytes host, MinFreeScale scale, std::uint64_t percent);

// What a vintage's free states are like.
enum class ClearState : unsigned char { Absent, Present };
enum class BalloonInHard : unsigned char { Continues, Stops };
struct FreeStateRules {
  MinFreeScale scale = MinFreeScale::Sliding;
  ClearState clear = ClearState::Absent;
  BalloonInHard balloonInHard = BalloonInHard::Continues;
  std::uint64_t highPercent = 100;  // the high threshold, in % of MinFree; at least 100
};

// Thresholds of a host of `frames` frames that stands for `represents` bytes: computed there and scaled down.
FreeStateThresholds thresholdsFor(Pages frames, Bytes represents, MinFreeScale scale, std::uint64_t percent);
// The same by the rules of a vintage: `high` may be a multiple of MinFree, and there may be a clear state.
FreeStateThresholds thresholdsFor(Pages frames, Bytes represents, const FreeStateRules& rules, std::uint64_t percent);

FreeState nextFreeState(FreeState current, Pages free, const FreeStateThresholds& thresholds);

// The threshold below which `state` is entered (High: none, 0).
Pages thresholdOf(FreeState state, const FreeStateThresholds& thresholds);

// How much must be free before ballooning, zipping and swapping have done enough: where the soft state is left upwards.
Pages reclaimGoal(const FreeStateThresholds& thresholds);

// Whom the host may swap (always: try to share, then to compress, then write), limits aside: those are enforced in any state.
enum class SwapPermit : unsigned char { Nobody, WhereBalloonCannot, Everybody };

// What the host does about its free memory. Background page sharing needs no permit. A victim's large page is broken before
// it is shared, zipped or swapped in every vintage; breakLargePages means that the host breaks large pages of its own accord.
struct Permits {
  bool breakLargePages = false;
  bool shareActively = false;
  bool balloon = false;
  SwapPermit swap = SwapPermit::Nobody;
  bool block = false;  // VMs above their target
  friend bool operator==(const Permits&, const Permits&) = default;
};

// Is as much memory free as the high threshold asks for? Only the high state itself holds both.
enum class Headroom : unsigned char { Enough, BelowHigh };
Headroom headroomOf(Pages free, const FreeStateThresholds& thresholds);

//              up to ESXi 5.x                           from ESXi 6.0 on
//   high       nothing                                  nothing
//   below high balloon                                  break large pages
//   clear      -                                        break large pages, share
//   soft       balloon, swap where it cannot            share, balloon
//   hard       balloon, swap                            share, swap
//   low        balloon, swap, block                     swap, block
Permits permitsIn(FreeState state, Headroom headroom, const FreeStateRules& rules);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "policy/free_state.h"
#include "policy/idle_tax.h"

namespace overcommit {

// Absent before the guest has booted, and after a reset until its next call. Stalled: it polls, but between its last two polls the
// balloon did not grow although it was asked to, as that of a guest that has nothing free and nowhere to page to.
enum class BalloonDriver : std::uint8_t { Absent, Running, Stalled };

// A VM as the question "how is it brought down to its target?" sees it.
struct VmHolding {
  Pages allocated;  // its pages that have a frame, shared or not
  Pages target;     // of the allocation policy
  Pages reservation = Pages(0);
  Pages limit = kMostTaxedPages;  // none
  Pages paidAtLimit = Pages(0);   // since its balloon's last poll: pages that it took at its limit, for each of which another went
  Pages ballooned = Pages(0);     // the balloon's size now
  Pages balloonMax = Pages(0);    // MCTLMAX
  BalloonDriver driver = BalloonDriver::Absent;
};

struct ReclaimTargets {
  Pages balloon;       // the size that the balloon is to have (MCTLTGT)
  Pages swap;          // pages to be shared, zipped or swapped now, in this order of preference
  bool block = false;  // it may not run until it is at its target or the state is left
  friend bool operator==(const ReclaimTargets&, const ReclaimTargets&) = default;
};

// What is asked of each VM, from its excess over its target:
//
//   excess     = allocated - max(target, reservation)      where the state permits to reclaim at all
//              = allocated - max(limit, reservation)       in any state, if that is more: limits are always enforced
//   balloon    takes what fits below its maximum, if there is a driver; without an excess it shrinks by what the target leaves room for
//   swap       takes the rest, and all of it while the driver is stalled or in hard and low, because ballooning was too slow
//
// What a VM paid at its limit, the balloon takes too: it would be above the limit else.
// A balloon that may not grow in a state keeps its size; it shrinks in any state.
ReclaimTargets reclaimTargetsOf(const VmHolding& vm, const Permits& permits);
std::vector<ReclaimTargets> reclaimTargets(std::span<const VmHolding> vms, const Permits& permits);

}  // namespace overcommit

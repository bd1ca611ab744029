// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/reclaim_targets.h"

#include <algorithm>

namespace overcommit {
namespace {

Pages above(Pages a, Pages b) { return a > b ? a - b : Pages(0); }

}  // namespace

ReclaimTargets reclaimTargetsOf(const VmHolding& vm, const Permits& permits) {
  const Pages target = std::max(vm.target, vm.reservation);
  const Pages excess = above(vm.allocated, target);
  const Pages overLimit = above(vm.allocated, std::max(vm.limit, vm.reservation));
  ReclaimTargets result;

  const bool driver = vm.driver != BalloonDriver::Absent;
  const Pages size = driver ? std::min(vm.ballooned, vm.balloonMax) : Pages(0);
  const Pages room = driver ? vm.balloonMax - size : Pages(0);
  const Pages wanted = std::max(permits.balloon ? excess : Pages(0), overLimit + vm.paidAtLimit);
  if (driver) {
    const Pages leeway = above(std::min(target, std::max(vm.limit, vm.reservation)), vm.allocated);
    result.balloon = wanted > Pages(0) ? size + std::min(wanted, room) : above(size, leeway);
  }

  const Pages balloonCan = vm.driver == BalloonDriver::Running ? room : Pages(0);
  switch (permits.swap) {
    case SwapPermit::Nobody: result.swap = above(overLimit, balloonCan); break;
    case SwapPermit::WhereBalloonCannot: result.swap = above(std::max(excess, overLimit), balloonCan); break;
    case SwapPermit::Everybody: result.swap = std::max(excess, overLimit); break;
  }
  result.block = permits.block && excess > Pages(0);
  return result;
}

std::vector<ReclaimTargets> reclaimTargets(std::span<const VmHolding> vms, const Permits& permits) {
  std::vector<ReclaimTargets> targets;
  targets.reserve(vms.size());
  for (const VmHolding& vm : vms) targets.push_back(reclaimTargetsOf(vm, permits));
  return targets;
}

}  // namespace overcommit

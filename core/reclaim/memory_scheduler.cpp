// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/memory_scheduler.h"

#include <algorithm>

namespace overcommit {

MemoryScheduler::MemoryScheduler(const Pager::Parts& parts, Pager& pager, const ScheduleSettings& settings)
    : parts_(parts), pager_(pager), settings_(settings), lastFree_(parts.machine.free()) {}

void MemoryScheduler::setSettings(const ScheduleSettings& settings) {
  settings_ = settings;
  expire();
}

void MemoryScheduler::expire(std::uint64_t cause) {
  expired_ = true;
  if (cause != 0) cause_ = cause;
}

Permits MemoryScheduler::permits() const {
  return permitsIn(pager_.freeState(), headroomOf(parts_.machine.free(), pager_.thresholds()), settings_.rules);
}

ActiveEstimate MemoryScheduler::estimateOf(const VmMemory& vm) const {
  return overcommit::estimateOf(vm.workingSet.averages(), vm.workingSet.counts(), settings_.activeMinPercent);
}

void MemoryScheduler::sample() {
  for (VmMemory* vm : pager_.vms()) {
    if (vm->dead || !vm->workingSet.advance(*vm, vm->clock.elapsed() - vm->clock.spent(TimeUse::Blocked), settings_.samplePeriod)) continue;
    const SampleCounts counts = vm->workingSet.lastPeriod();
    Event event = eventOf(*vm, EventKind::Sample);
    event.values = {counts.sampled, counts.touched, activePagesOf(estimateOf(*vm).estimate, vm->guest.memory()).value(), 0};
    parts_.log.record(event);
  }
}

void MemoryScheduler::setTargets(VirtualTime now) {
  const std::vector<VmMemory*>& vms = pager_.vms();
  std::vector<VmClaim> claims;
  claims.reserve(vms.size());
  Pages available = parts_.machine.free();
  for (VmMemory* vm : vms) {
    vm->workingSet.latch(*vm);
    const Pages size = vm->guest.memory();
    VmClaim claim{vm->settings.shares, size, vm->settings.reservation, activePagesOf(estimateOf(*vm).estimate, size)};
    if (vm->settings.limit) claim.limit = *vm->settings.limit;
    claim.wanted = size - vm->guest.count(PagePlace::Untouched);
    claims.push_back(claim);
    available += vm->allocated();
  }
  available = available - std::min(available, reclaimGoal(pager_.thresholds()));
  std::vector<Pages> targets(vms.size());
  pager_.policies().targets({available, settings_.tax}, claims, targets);
  for (std::size_t i = 0; i < vms.size(); ++i) {
    VmMemory& vm = *vms[i];
    vm.active = claims[i].active;
    if (vm.target == targets[i]) continue;
    vm.target = targets[i];
    Event event = eventOf(vm, EventKind::TargetSet);
    event.vmTime = now;  // the host's decision
    event.cause = cause_;
    event.values = {vm.target.value(), vm.allocated().value(), vm.active.value(),
                    fundingMillionths({vm.settings.shares, vm.allocated(), vm.settings.reservation, true, vm.active}, settings_.tax)};
    vm.targetEvent = parts_.log.record(event);
  }
  nextBalance_ = now + settings_.balancePeriod;
  lastState_ = pager_.freeState();
  lastFree_ = parts_.machine.free();
  expired_ = false;
  cause_ = 0;
}

void MemoryScheduler::run(VirtualTime now) {
  sample();
  // "Much": a quarter of what the host wants to have free.
  const Pages free = parts_.machine.free();
  const Pages change = free > lastFree_ ? free - lastFree_ : lastFree_ - free;
  const bool much = change.value() > std::max<std::uint64_t>(pager_.thresholds().high.value() / 4, 1);
  if (expired_ || now >= nextBalance_ || pager_.freeState() != lastState_ || much) setTargets(now);

  const Permits permitted = permits();
  for (VmMemory* vm : pager_.vms()) {
    VmHolding holding{vm->allocated(), vm->target, vm->settings.reservation};
    if (vm->settings.limit) holding.limit = *vm->settings.limit;
    holding.ballooned = vm->guest.count(PagePlace::Ballooned);
    holding.balloonMax = vm->balloon.maximum;
    holding.driver = vm->balloon.driver;
    const ReclaimTargets targets = reclaimTargetsOf(holding, permitted);
    vm->balloon.target = targets.balloon;
    vm->swapTarget = targets.swap;
    vm->aboveTargetInLow = targets.block;
  }
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/memory_scheduler.h"

#include <algorithm>

namespace overcommit {

MemoryScheduler::MemoryScheduler(const Pager::Parts& parts, Pager& pager, const ScheduleSettings& settings)
    : parts_(parts), pager_(pager), settings_(settings), lastFree_(parts.machine.free()) {}

void MemoryScheduler::setSettings(const ScheduleSettings& settings, std::uint64_t cause) {
  settings_ = settings;
  expire(BalanceReason::Setting, cause);
}

void MemoryScheduler::expire(BalanceReason reason, std::uint64_t cause) { expired_ = {reason, cause}; }

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

std::uint64_t MemoryScheduler::recordBalance(const Expiry& why, VirtualTime now, Pages available) {
  Event event;
  event.kind = EventKind::Balance;
  event.vmTime = now;
  event.cause = why.cause;
  event.values = {static_cast<std::uint64_t>(why.reason), parts_.machine.free().value(), available.value(),
                  reclaimGoal(pager_.thresholds()).value()};
  return parts_.log.record(event);
}

void MemoryScheduler::setTargets(const Expiry& why, VirtualTime now) {
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
  std::uint64_t balance = 0;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    VmMemory& vm = *vms[i];
    vm.active = claims[i].active;
    if (vm.target == targets[i] && vm.targetEvent != 0) continue;
    if (balance == 0) balance = recordBalance(why, now, available);
    vm.target = targets[i];
    Event event = eventOf(vm, EventKind::TargetSet);
    event.vmTime = now;  // the host's decision
    event.cause = balance;
    event.values = {vm.target.value(), vm.allocated().value(), vm.active.value(),
                    fundingMillionths({vm.settings.shares, vm.allocated(), vm.settings.reservation, true, vm.active}, settings_.tax)};
    vm.targetEvent = parts_.log.record(event);
  }
  nextBalance_ = now + settings_.balancePeriod;
  lastState_ = pager_.freeState();
  lastFree_ = parts_.machine.free();
  expired_.reset();
}

std::optional<MemoryScheduler::Expiry> MemoryScheduler::expiry(VirtualTime now) const {
  if (expired_) return expired_;
  if (pager_.freeState() != lastState_) return Expiry{BalanceReason::FreeState, pager_.freeStateEvent()};
  // "Much": a quarter of what the host wants to have free.
  const Pages free = parts_.machine.free();
  const Pages change = free > lastFree_ ? free - lastFree_ : lastFree_ - free;
  const bool much = change.value() > std::max<std::uint64_t>(pager_.thresholds().high.value() / 4, 1);
  if (much) return Expiry{BalanceReason::FreeMemory, 0};
  return now >= nextBalance_ ? std::optional(Expiry{BalanceReason::Period, 0}) : std::nullopt;
}

void MemoryScheduler::run(VirtualTime now) {
  sample();
  if (const auto why = expiry(now)) setTargets(*why, now);

  const Permits permitted = permits();
  for (VmMemory* vm : pager_.vms()) {
    VmHolding holding{vm->allocated(), vm->target, vm->settings.reservation};
    if (vm->settings.limit) holding.limit = *vm->settings.limit;
    holding.paidAtLimit = vm->paidAtLimit;
    holding.ballooned = vm->guest.count(PagePlace::Ballooned);
    holding.balloonMax = vm->balloon.maximum;
    holding.driver = vm->balloon.driver;
    const ReclaimTargets targets = reclaimTargetsOf(holding, permitted);
    vm->balloon.target = targets.balloon;
    vm->swapTarget = targets.swap;
    // Where only balloons give memory, a VM that is to inflate must run: blocked, it and all others would wait for ever.
    const bool mustInflate = settings_.swap == HypervisorSwap::Forbidden && targets.balloon > holding.ballooned;
    vm->aboveTargetInLow = targets.block && !mustInflate;
  }
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/reclaimer.h"

#include <algorithm>

#include "policy/min_funding.h"

namespace overcommit {
namespace {

bool aboveLimit(const VmMemory& vm) { return vm.settings.limit && !vm.dead && vm.allocated() > *vm.settings.limit; }

}  // namespace

Reclaimer::Reclaimer(const Pager::Parts& parts, Pager& pager, HypervisorSwap swap) : parts_(parts), pager_(pager), swap_(swap) {}

void Reclaimer::refuse(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause) {
  Event refusal;
  refusal.kind = EventKind::Refusal;
  refusal.vm = vm.id;
  refusal.vmTime = vm.clock.now();
  refusal.gfn = gfn;
  refusal.cause = cause;
  refusal.values[0] = static_cast<std::uint64_t>(reason);
  parts_.log.record(refusal);
}

std::optional<Gfn> Reclaimer::pickVictim(VmMemory& vm, std::uint64_t cause) {
  const std::uint64_t pages = vm.guest.memory().value();
  // Random pages, as ESX: no clash with the guest's own replacement. A VM of which little is resident would make blind draws
  // long, so that after some misses the next candidate behind a random page is taken.
  constexpr int kBlindDraws = 32;
  for (int draw = 0; draw < kBlindDraws; ++draw) {
    const Gfn gfn(vm.victims.below(pages));
    if (pager_.isCandidate(vm, gfn)) return gfn;
    if (vm.guest.entry(gfn).place() != PagePlace::Private) continue;
    refuse(vm, gfn, vm.isTable(gfn) ? RefusalReason::PageTable : RefusalReason::RecentlyFaulted, cause);
  }
  const std::uint64_t start = vm.victims.below(pages);
  for (std::uint64_t i = 0; i < pages; ++i) {
    const Gfn gfn((start + i) % pages);
    if (pager_.isCandidate(vm, gfn)) return gfn;
  }
  return std::nullopt;
}

Pages Reclaimer::reclaim(const ReclaimRequest& request) {
  if (swap_ == HypervisorSwap::Forbidden || request.wanted == Pages(0)) return Pages(0);
  const std::vector<VmMemory*>& vms = pager_.vms();
  std::vector<VmFunding> funding(vms.size());
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const VmMemory& vm = *vms[i];
    funding[i] = {vm.settings.shares, vm.allocated(), vm.settings.reservation,
                  !vm.dead && !vm.swap.full() && (request.only == nullptr || request.only == &vm)};
  }
  if (!leastFunded(funding)) return Pages(0);

  Event start;
  start.kind = EventKind::ReclaimStart;
  start.cause = request.cause;
  start.vmTime = request.toucher ? request.toucher->clock.now() : parts_.log.hostTime();
  if (request.toucher) {
    start.vm = request.toucher->id;
    start.gfn = request.touched;
  }
  start.values = {static_cast<std::uint64_t>(request.reason), parts_.machine.free().value(), request.wanted.value(), 0};
  const std::uint64_t started = parts_.log.record(start);

  Pages done(0);
  std::optional<std::size_t> paying;
  std::uint64_t cause = started;
  while (done < request.wanted) {
    const auto payer = leastFunded(funding);
    if (!payer) break;
    VmMemory& vm = *vms[*payer];
    if (payer != paying) {
      Event victim;
      victim.kind = EventKind::VictimVm;
      victim.vm = vm.id;
      victim.vmTime = vm.clock.now();
      victim.cause = started;
      victim.values = {funding[*payer].shares, funding[*payer].allocated.value(), funding[*payer].reservation.value(),
                       fundingMillionths(funding[*payer])};
      cause = parts_.log.record(victim);
      paying = payer;
    }
    const auto gfn = pickVictim(vm, cause);
    const SwapOutResult result = gfn ? pager_.swapOut(vm, *gfn, cause) : SwapOutResult::NotACandidate;
    if (result != SwapOutResult::Done) {
      if (result == SwapOutResult::NoSpace) refuse(vm, *gfn, RefusalReason::NoSwapSpace, cause);
      funding[*payer].eligible = false;
      continue;
    }
    funding[*payer].allocated = vm.allocated();
    // The write goes to the disk behind all others. Who needs the frame now waits for the first of them.
    const VirtualTime now = request.toucher ? request.toucher->clock.now() : parts_.log.hostTime();
    const auto served = parts_.swapDisk.submit(now, parts_.costs.swapWrite);
    if (!request.toucher) {
      writesEnd_[nextWrite_] = now + served.total();
      nextWrite_ = (nextWrite_ + 1) % writesEnd_.size();
    } else if (done == Pages(0)) {
      request.toucher->clock.advance(TimeUse::DiskQueue, served.queued);
      request.toucher->clock.advance(TimeUse::Reclaim, served.service);
    }
    done += Pages(1);
  }
  Event end;
  end.kind = EventKind::ReclaimEnd;
  end.vmTime = start.vmTime;
  end.cause = started;
  end.values = {done.value(), parts_.machine.free().value(), 0, 0};
  parts_.log.record(end);
  return done;
}

bool Reclaimer::daemonHasWork() const {
  if (swap_ == HypervisorSwap::Forbidden) return false;
  if (pager_.freeState() != FreeState::High && pager_.freeState() != FreeState::Clear) return true;
  return std::any_of(pager_.vms().begin(), pager_.vms().end(), [](const VmMemory* vm) { return aboveLimit(*vm); });
}

void Reclaimer::runSwapDaemon(VirtualTime now) {
  const auto diskTakes = [&] {
    return Pages(
        static_cast<std::uint64_t>(std::count_if(writesEnd_.begin(), writesEnd_.end(), [now](VirtualTime end) { return end <= now; })));
  };
  for (VmMemory* vm : pager_.vms()) {
    if (!aboveLimit(*vm)) continue;
    const Pages above = vm->allocated() - *vm->settings.limit;
    reclaim({ReclaimReason::Limit, std::min(above, diskTakes()), vm, nullptr, Gfn(0), 0});
  }
  if (pager_.freeState() == FreeState::High || pager_.freeState() == FreeState::Clear) return;
  const Pages goal = pager_.thresholds().high + pager_.thresholds().hysteresis;
  const Pages free = parts_.machine.free();
  if (free >= goal) return;
  reclaim({ReclaimReason::FreeState, std::min(goal - free, diskTakes()), nullptr, nullptr, Gfn(0), 0});
}

}  // namespace overcommit

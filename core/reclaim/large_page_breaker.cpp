// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/large_page_breaker.h"

namespace overcommit {

VmMemory* LargePageBreaker::mostAboveTarget() const {
  const auto above = [](const VmMemory& vm) {
    return static_cast<std::int64_t>(vm.allocated().value()) - static_cast<std::int64_t>(vm.target.value());
  };
  VmMemory* most = nullptr;
  for (VmMemory* vm : pager_.vms()) {
    if (vm->dead || vm->guest.largePages() == Pages(0)) continue;
    if (most == nullptr || above(*vm) > above(*most)) most = vm;
  }
  return most;
}

Gfn LargePageBreaker::mostSharable(const VmMemory& vm) const {
  std::optional<Gfn> best;
  Pages most;
  for (Gfn first; first.value() < vm.guest.memory().value(); first = first.next(kLargePagePages)) {
    if (!vm.guest.entry(first).large()) continue;
    const Pages sharable = sharing_.rememberedIn(vm, first);
    if (best && sharable <= most) continue;
    best = first;
    most = sharable;
  }
  invariant(best.has_value(), "a VM with large pages has one");
  return *best;
}

void LargePageBreaker::run(const Permits& permits) {
  sharing_.setBrokenPages(permits.shareActively ? BrokenPages::All : BrokenPages::Known);
  if (!permits.breakLargePages) return;
  for (std::uint64_t i = 0; i < kMostAtOnce; ++i) {
    VmMemory* vm = mostAboveTarget();
    if (vm == nullptr) return;
    pager_.breakLarge(*vm, mostSharable(*vm), LargeBreakReason::Pressure, pager_.freeStateEvent());
  }
}

}  // namespace overcommit

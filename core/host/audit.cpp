// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/audit.h"

#include <algorithm>

namespace overcommit {
namespace {

std::uint64_t cellsOf(const TraceHeader& header) {
  std::uint64_t cells = header.hostMemory.value();
  for (const TraceVm& vm : header.vms) cells += vm.memory.value();
  return cells;
}

// A page that is given up names a frame only if it was in one; the store frame that a zipped page leaves has an event of its own.
bool namesFrame(const Event& event, const WorldModel& before) {
  if (!infoOf(event.kind).hasMfn) return false;
  if (event.kind != EventKind::Discard && event.kind != EventKind::Inflate && event.kind != EventKind::SwapOut) return true;
  const PagePlace place = before.page(event.vm, event.gfn).place;
  return place == PagePlace::Private || place == PagePlace::Shared;
}

}  // namespace

// A sweep looks at every page and frame; one after so many events keeps its share of the work bounded.
Audit::Audit(const TraceHeader& header, const MachineMemory& machine, const Pager& pager, const PageSharing* sharing)
    : world_(header),
      machine_(machine),
      pager_(pager),
      sharing_(sharing),
      sweepAfter_(std::max<std::uint64_t>(cellsOf(header) / 16, 256)) {}

void Audit::onEvent(const Event& event) {
  const bool frameNamed = namesFrame(event, world_);
  const auto applied = world_.apply(event);
  invariant(applied.has_value(), applied.has_value() ? "" : applied.error().text);
  ++sinceSweep_;
  const EventInfo& info = infoOf(event.kind);
  if (info.hasGfn && event.vm != kNoVm) {
    if (const VmMemory* vm = pager_.find(event.vm)) comparePage(*vm, event.gfn);
  }
  if (frameNamed) compareFrame(event.mfn);
  if (event.kind == EventKind::LargeMap || event.kind == EventKind::LargeBreak) compareLarge(event);
}

void Audit::compareLarge(const Event& event) const {
  const VmMemory* vm = pager_.find(event.vm);
  if (vm == nullptr) return;
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
    comparePage(*vm, event.gfn.next(i));
    compareFrame(world_.page(vm->id, event.gfn.next(i)).mfn);
  }
}

void Audit::comparePage(const VmMemory& vm, Gfn gfn) const {
  const WorldPage page = world_.page(vm.id, gfn);
  const NptEntry entry = vm.guest.entry(gfn);
  invariant(page.place == entry.place(),
            fmt::format("{} frame {}: the nested page table agrees with the events about its place", vm.name, gfn.value()));
  invariant(page.large == entry.large(),
            fmt::format("{} frame {}: the nested page table agrees with the events about large pages", vm.name, gfn.value()));
  if (entry.present())
    invariant(page.mfn == entry.mfn(),
              fmt::format("{} frame {}: the nested page table agrees with the events about its machine frame", vm.name, gfn.value()));
  if (entry.place() == PagePlace::Zipped) {
    invariant(vm.zip && vm.zip->uses(entry.slot()), fmt::format("{} frame {}: its compressed form is in the cache", vm.name, gfn.value()));
    const ZippedPage zipped = vm.zip->at(entry.slot());
    invariant(zipped.gfn == gfn && page.mfn == zipped.store && page.storeOffset == zipped.offset,
              fmt::format("{} frame {}: its slot of the cache is the one that the events say", vm.name, gfn.value()));
  }
  if (entry.place() == PagePlace::Swapped)
    invariant(page.slot == entry.slot() && vm.swap.uses(entry.slot()),
              fmt::format("{} frame {}: its swap slot is the one written", vm.name, gfn.value()));
}

void Audit::compareFrame(Mfn mfn) const {
  const WorldFrame expected = world_.frame(mfn);
  const Frame& frame = machine_.frame(mfn);
  invariant(expected.use == frame.use, fmt::format("machine frame {} is used as the events say", mfn.value()));
  if (frame.use == FrameUse::Shared)
    invariant(expected.references == frame.references, fmt::format("machine frame {} has as many sharers as the events say", mfn.value()));
  if (frame.use == FrameUse::Private)
    invariant(expected.vm == frame.vm && expected.gfn == frame.gfn,
              fmt::format("machine frame {} belongs to the page the events say", mfn.value()));
}

void Audit::sweepIfDue() {
  if (sinceSweep_ >= sweepAfter_) sweep();
}

void Audit::sweep() {
  sinceSweep_ = 0;
  const auto laws = world_.checkLaws();
  invariant(laws.has_value(), laws.has_value() ? "" : laws.error().text);
  for (Mfn mfn(0); mfn.value() < machine_.frames().value(); mfn = mfn.next()) compareFrame(mfn);
  for (const VmMemory* vm : pager_.vms()) {
    for (Gfn gfn(0); gfn.value() < vm->guest.memory().value(); gfn = gfn.next()) comparePage(*vm, gfn);
    if (vm->dead) continue;  // its windows may map the scratch frame
    const auto wrong = vm->guest.audit();
    invariant(!wrong, wrong ? vm->name + ": " + *wrong : "");
    if (vm->zip) {
      const auto wrongCache = vm->zip->audit();
      invariant(!wrongCache, wrongCache ? vm->name + ": " + *wrongCache : "");
      invariant(vm->zip->pages() == vm->guest.count(PagePlace::Zipped), vm->name + ": every zipped page is in the cache, and no other");
    }
  }
  if (sharing_ == nullptr) return;
  const auto wrong = sharing_->audit();
  invariant(!wrong, wrong.value_or(""));
}

}  // namespace overcommit

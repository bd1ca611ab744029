// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/pager.h"

#include <algorithm>
#include <cstring>

namespace overcommit {
namespace {

constexpr std::uint32_t kMostAnswersTold = 100;

// Frames kept for instructions that must finish: a 1024th of the host, at least 8, at most 256, but 4 for each VM.
Pages emergencyFramesOf(Pages frames, std::size_t vms) {
  return std::max(Pages(std::clamp<std::uint64_t>(frames.value() / 1024, 8, 256)), Pages(4 * vms));
}

// How many pages a fault that finds no free frame takes at once: the toucher waits for the first write only.
constexpr std::uint64_t kFaultBatch = 8;

class Entered {
 public:
  explicit Entered(bool& flag) : flag_(flag) {
    invariant(!flag_, "a nested fault is not resolved while another one is");
    flag_ = true;
  }
  ~Entered() { flag_ = false; }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  bool& flag_;
};

}  // namespace

Pager::Pager(Parts parts, const FreeStateThresholds& thresholds)
    : parts_(parts), policies_(parts.policies), thresholds_(thresholds), emergency_(emergencyFramesOf(parts.machine.frames(), parts.vms)) {
  policies_.report = [this](const WrongAnswer& answer) { recordWrong(answer); };
}

void Pager::add(VmMemory& vm) {
  vms_.push_back(&vm);
  if (policies_.victimCandidates() > 1 || policies_.evictionCandidates() > 1) vm.times.keepFor(vm.guest.memory());
}

void Pager::recordWrong(const WrongAnswer& answer) {
  Event event;
  event.kind = EventKind::Refusal;
  event.vm = answer.vm;
  event.gfn = answer.gfn;
  const VmMemory* vm = find(answer.vm);
  event.vmTime = vm != nullptr ? vm->clock.now() : parts_.log.hostTime();
  event.values[0] = static_cast<std::uint64_t>(answer.which);
  const std::uint64_t refusal = parts_.log.record(event);
  // A policy that is wrong once is wrong often, in the same way.
  if (answersTold_ == kMostAnswersTold) return;
  ++answersTold_;
  Event said;
  said.kind = EventKind::PolicyAnswer;
  said.vmTime = event.vmTime;
  said.cause = refusal;
  said.text = answer.text.substr(0, kEventTextMax);
  parts_.log.record(std::move(said));
}

const VmMemory* Pager::find(VmId vm) const {
  const auto found = std::find_if(vms_.begin(), vms_.end(), [vm](const VmMemory* memory) { return memory->id == vm; });
  return found == vms_.end() ? nullptr : *found;
}

void Pager::setPage(VmMemory& vm, Gfn gfn, NptEntry entry) {
  vm.guest.set(gfn, entry);
  if (vm.pageReplaced) vm.pageReplaced(gfn);
}

void Pager::makeDead(VmMemory& vm, std::string reason) {
  if (!vm.dead) vm.dead = std::move(reason);
  if (vm.stopSoon) vm.stopSoon();
}

void Pager::setThresholds(const FreeStateThresholds& thresholds, std::uint64_t cause) {
  thresholds_ = thresholds;
  evaluateFreeState(cause);
}

void Pager::evaluateFreeState(std::uint64_t cause) {
  const FreeState next = policies_.freeState({state_, parts_.machine.free(), thresholds_});
  if (next == state_) return;
  Event event;
  event.kind = EventKind::FreeStateChange;
  event.vmTime = parts_.log.hostTime();
  event.cause = cause;
  event.values = {static_cast<std::uint64_t>(next), static_cast<std::uint64_t>(state_), parts_.machine.free().value(),
                  thresholdOf(std::max(next, state_), thresholds_).value()};
  state_ = next;
  stateEvent_ = parts_.log.record(event);
}

Resolution Pager::resolve(VmMemory& vm, Gfn gfn, Access access) {
  const Entered entered(resolving_);
  if (vm.dead) return Resolution::Dead;
  const NptEntry entry = vm.guest.entry(gfn);
  Resolution result = Resolution::Present;
  switch (entry.place()) {
    case PagePlace::Private: return Resolution::Present;
    case PagePlace::Shared:
      if (access == Access::Read) return Resolution::Present;
      result = breakShared(vm, gfn, entry);
      break;
    case PagePlace::Untouched: result = firstTouch(vm, gfn, 0); break;
    case PagePlace::Zipped: result = unzip(vm, gfn); break;
    case PagePlace::Swapped: result = swapIn(vm, gfn); break;
    case PagePlace::Ballooned: result = firstTouch(vm, gfn, pop(vm, gfn)); break;
  }
  vm.recent.add(gfn);
  return result;
}

std::optional<Mfn> Pager::takeFrame(VmMemory& vm, Gfn gfn) {
  // At its limit, a page goes for each that comes. What a lowered limit leaves above it is the balloon's and the swap daemon's.
  if (vm.settings.limit && vm.allocated() >= *vm.settings.limit) {
    if (source_ != nullptr) vm.paidAtLimit += source_->reclaim({ReclaimReason::Limit, Pages(1), &vm, &vm, gfn, 0});
    if (vm.dead) return std::nullopt;
  }
  MachineMemory& machine = parts_.machine;
  if (machine.free() <= emergency_ && source_ != nullptr)
    source_->reclaim({ReclaimReason::OutOfFrames, emergency_ - machine.free() + Pages(kFaultBatch), nullptr, &vm, gfn, 0});
  if (vm.dead) return std::nullopt;
  const auto mfn = machine.takePrivate(vm.id, gfn);
  if (!mfn) {
    makeDead(vm, "the host has no free frame left and nothing can be reclaimed");
    return std::nullopt;
  }
  if (machine.free() < emergency_ && !vm.mustBlock) {
    vm.mustBlock = true;
    if (vm.stopSoon) vm.stopSoon();
  }
  return mfn;
}

void Pager::frameTaken(VmMemory& vm, std::uint64_t event) {
  lastTake_ = event;
  if (vm.mustBlock && vm.blockCause == 0) vm.blockCause = event;
  evaluateFreeState(event);
}

bool Pager::largeTouch(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  if (vm.largeBacking == LargeBacking::Off || !vm.guest.untouchedAround(gfn)) return false;
  const Gfn first = largePageOf(gfn);
  const bool hasTables = first < vm.tablesEnd && vm.tablesFirst < first.next(kLargePagePages);
  MachineMemory& machine = parts_.machine;
  if (hasTables || !roomForLargePage({machine.free(), thresholds_.high, vm.allocated(), vm.settings.limit})) return false;
  const auto mfn = machine.takeLarge(vm.id, first);
  if (!mfn) return false;
  vm.guest.mapLarge(first, *mfn);
  if (vm.pageReplaced) vm.pageReplaced(gfn);
  vm.clock.advance(TimeUse::FirstTouch, parts_.costs.largeTouch);
  ++vm.counters.largeTouches;
  Event event = eventOf(vm, EventKind::LargeMap, first);
  event.mfn = *mfn;
  event.cause = cause;
  event.values[0] = gfn.value();
  frameTaken(vm, parts_.log.record(event));
  return true;
}

void Pager::breakLarge(VmMemory& vm, Gfn gfn, LargeBreakReason reason, std::uint64_t cause) {
  const Gfn first = largePageOf(gfn);
  vm.guest.breakLarge(first);
  Event event = eventOf(vm, EventKind::LargeBreak, first);
  event.cause = cause;
  event.values[0] = static_cast<std::uint64_t>(reason);
  if (reason == LargeBreakReason::Gone) {
    parts_.log.record(event);
    return;
  }
  vm.clock.advance(TimeUse::Break, parts_.costs.breakLarge);
  event.vmTime = vm.clock.now();
  ++vm.counters.largeBreaks;
  const std::uint64_t recorded = parts_.log.record(event);
  if (largePageBroken) largePageBroken(vm, first, recorded);
}

void Pager::breakIfLarge(VmMemory& vm, Gfn gfn, LargeBreakReason reason, std::uint64_t cause) {
  if (vm.guest.entry(gfn).large()) breakLarge(vm, gfn, reason, cause);
}

Resolution Pager::firstTouch(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  if (largeTouch(vm, gfn, cause)) return Resolution::Present;
  const auto mfn = takeFrame(vm, gfn);
  if (!mfn) return Resolution::Dead;
  setPage(vm, gfn, NptEntry::privatePage(*mfn));
  vm.clock.advance(TimeUse::FirstTouch, parts_.costs.firstTouch);
  vm.times.place(gfn, vm.clock.now());
  ++vm.counters.firstTouches;
  Event event = eventOf(vm, EventKind::FirstTouch, gfn);
  event.mfn = *mfn;
  event.cause = cause;
  frameTaken(vm, parts_.log.record(event));
  return Resolution::Present;
}

Resolution Pager::breakShared(VmMemory& vm, Gfn gfn, NptEntry entry) {
  MachineMemory& machine = parts_.machine;
  const Mfn shared = entry.mfn();
  if (machine.frame(shared).references == 1) {
    if (sharedFrameGone) sharedFrameGone(shared);
    machine.makePrivate(shared, vm.id, gfn);
    setPage(vm, gfn, NptEntry::privatePage(shared));
    vm.clock.advance(TimeUse::Break, parts_.costs.breakShared);
    vm.times.see(gfn, vm.clock.now());
    Event event = eventOf(vm, EventKind::Revert, gfn);
    event.mfn = shared;
    parts_.log.record(event);
    return Resolution::Present;
  }
  const auto mfn = takeFrame(vm, gfn);
  if (!mfn) return Resolution::Dead;
  std::memcpy(machine.bytes(*mfn).data(), machine.bytes(shared).data(), kPageSize);
  const std::uint32_t left = machine.dropReference(shared);
  setPage(vm, gfn, NptEntry::privatePage(*mfn));
  vm.clock.advance(TimeUse::Break, parts_.costs.breakShared);
  vm.times.place(gfn, vm.clock.now());
  ++vm.counters.breaks;
  Event event = eventOf(vm, EventKind::Break, gfn);
  event.mfn = *mfn;
  event.values = {shared.value(), left, 0, 0};
  frameTaken(vm, parts_.log.record(event));
  return Resolution::Present;
}

Resolution Pager::unzip(VmMemory& vm, Gfn gfn) {
  const auto mfn = takeFrame(vm, gfn);
  if (!mfn) return Resolution::Dead;
  // To find that frame, this very page may have been thrown out of the cache.
  const NptEntry entry = vm.guest.entry(gfn);
  if (entry.place() == PagePlace::Swapped) return readSwapped(vm, gfn, entry, *mfn);
  if (auto read = vm.zip->read(entry.slot(), parts_.machine.bytes(*mfn)); !read) {
    parts_.machine.release(*mfn);
    makeDead(vm, fmt::format("unzipping guest frame {} failed: {}", gfn.value(), read.error().text));
    return Resolution::Dead;
  }
  const ZippedPage page = vm.zip->at(entry.slot());
  const auto freed = vm.zip->remove(entry.slot());
  setPage(vm, gfn, NptEntry::privatePage(*mfn));
  vm.clock.advance(TimeUse::Unzip, parts_.costs.unzip);
  vm.times.place(gfn, vm.clock.now());
  ++vm.counters.unzips;
  Event event = eventOf(vm, EventKind::Unzip, gfn);
  event.mfn = *mfn;
  event.values = {page.store.value(), page.offset, 0, 0};
  const std::uint64_t recorded = parts_.log.record(event);
  recordStoreFrame(vm, EventKind::ZipStoreGive, freed, recorded);
  frameTaken(vm, recorded);
  return Resolution::Present;
}

Resolution Pager::swapIn(VmMemory& vm, Gfn gfn) {
  const auto mfn = takeFrame(vm, gfn);
  return mfn ? readSwapped(vm, gfn, vm.guest.entry(gfn), *mfn) : Resolution::Dead;
}

Resolution Pager::readSwapped(VmMemory& vm, Gfn gfn, NptEntry entry, Mfn mfn) {
  const auto served = parts_.swapDisk.submit(vm.clock.now(), parts_.costs.swapRead);
  vm.clock.advance(TimeUse::DiskQueue, served.queued);
  vm.clock.advance(TimeUse::SwapIn, served.service + parts_.costs.swapInFault);
  if (auto read = vm.swap.read(entry.slot(), parts_.machine.bytes(mfn)); !read) {
    parts_.machine.release(mfn);
    makeDead(vm, fmt::format("swap-in of guest frame {} failed: {}", gfn.value(), read.error().text));
    return Resolution::Dead;
  }
  vm.swap.free(entry.slot());
  setPage(vm, gfn, NptEntry::privatePage(mfn));
  vm.times.place(gfn, vm.clock.now());
  ++vm.counters.swapIns;
  Event event = eventOf(vm, EventKind::SwapIn, gfn);
  event.mfn = mfn;
  event.values[0] = entry.slot();
  frameTaken(vm, parts_.log.record(event));
  return Resolution::Present;
}

std::uint64_t Pager::pop(VmMemory& vm, Gfn gfn) {
  setPage(vm, gfn, NptEntry());
  ++vm.counters.pops;
  return parts_.log.record(eventOf(vm, EventKind::Pop, gfn));
}

bool Pager::look(const VmMemory& vm, Gfn gfn, std::span<std::byte, kPageSize> bytes) const {
  const NptEntry entry = vm.guest.entry(gfn);
  switch (entry.place()) {
    case PagePlace::Private:
    case PagePlace::Shared: std::memcpy(bytes.data(), parts_.machine.bytes(entry.mfn()).data(), kPageSize); return true;
    case PagePlace::Zipped: return vm.zip->read(entry.slot(), bytes).has_value();
    case PagePlace::Swapped: return vm.swap.look(entry.slot(), bytes);
    case PagePlace::Untouched:
    case PagePlace::Ballooned: std::memset(bytes.data(), 0, kPageSize); return true;
  }
  return false;
}

bool Pager::isCandidate(const VmMemory& vm, Gfn gfn) const {
  return vm.guest.isPrivate(gfn) && !vm.isTable(gfn) && !vm.recent.contains(gfn);
}

SwapOutResult Pager::swapOut(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  const NptEntry entry = vm.guest.entry(gfn);
  const bool zipped = entry.place() == PagePlace::Zipped;
  if (vm.dead || (!zipped && !isCandidate(vm, gfn))) return SwapOutResult::NotACandidate;
  if (swapGate_ == Gate::Locked) return SwapOutResult::GateLocked;
  if (vm.swap.full()) return SwapOutResult::NoSpace;
  // Compressed pages are never written as they are (LTB).
  std::array<std::byte, kPageSize> unzipped;
  if (zipped) {
    if (auto read = vm.zip->read(entry.slot(), unzipped); !read) {
      makeDead(vm, fmt::format("swap-out of zipped guest frame {} failed: {}", gfn.value(), read.error().text));
      return SwapOutResult::DiskError;
    }
  }
  breakIfLarge(vm, gfn, LargeBreakReason::Victim, cause);
  const auto slot = vm.swap.write(zipped ? std::span<const std::byte, kPageSize>(unzipped) : parts_.machine.bytes(entry.mfn()));
  if (!slot) {
    makeDead(vm, fmt::format("swap-out of guest frame {} failed: {}", gfn.value(), slot.error().text));
    return SwapOutResult::DiskError;
  }
  Event event = eventOf(vm, EventKind::SwapOut, gfn);
  event.cause = cause;
  event.values[0] = *slot;
  std::optional<Mfn> freedStore;
  if (zipped) {
    freedStore = vm.zip->remove(entry.slot());
    event.values[1] = 1;
  } else {
    event.mfn = entry.mfn();
    parts_.machine.release(entry.mfn());
  }
  setPage(vm, gfn, NptEntry::swapped(*slot));
  ++vm.counters.swapOuts;
  const std::uint64_t recorded = parts_.log.record(event);
  recordStoreFrame(vm, EventKind::ZipStoreGive, freedStore, recorded);
  evaluateFreeState(recorded);
  return SwapOutResult::Done;
}

Pager::ZipOutcome Pager::zip(VmMemory& vm, Gfn gfn, Pages mostFrames, std::uint64_t cause) {
  ZipOutcome outcome{ZipResult::NotACandidate};
  if (vm.dead || !vm.zip || !isCandidate(vm, gfn)) return outcome;
  const Mfn mfn = vm.guest.entry(gfn).mfn();
  CompressedPage compressed = compressor_.compress(parts_.machine.bytes(mfn));
  if (compressed.form == CompressedPage::Form::TooLong && parts_.saboteur == Saboteur::NoFitCheck) [[unlikely]]
    compressed = {CompressedPage::Form::Lz4, 0, parts_.machine.bytes(mfn).first(CompressedPage::kMostBytes)};
  if (compressed.form != CompressedPage::Form::TooLong) {
    const auto bytes = static_cast<std::uint32_t>(compressed.bytes.size());
    if (policies_.zip({vm.id, gfn, bytes, vm.zip->frames(), mostFrames}) == ZipAnswer::Swap) {
      outcome.result = ZipResult::NotAdmitted;
      return outcome;
    }
  }
  auto placed = vm.zip->place(gfn, compressed, mostFrames);
  while (!placed && placed.error() == ZipRefusal::Full) {
    const auto evicted = toEvict(vm);
    if (!evicted || swapOut(vm, *evicted, cause) != SwapOutResult::Done) break;
    ++outcome.evicted;
    placed = vm.zip->place(gfn, compressed, mostFrames);
  }
  if (!placed) {
    outcome.result = placed.error() == ZipRefusal::DoesNotFit ? ZipResult::DoesNotFit
                     : placed.error() == ZipRefusal::Full     ? ZipResult::CacheFull
                                                              : ZipResult::NoFrame;
    return outcome;
  }
  breakIfLarge(vm, gfn, LargeBreakReason::Victim, cause);
  const ZippedPage& page = placed->page;
  if (placed->tookFrame) recordStoreFrame(vm, EventKind::ZipStoreTake, page.store, cause);
  setPage(vm, gfn, NptEntry::zipped(page.slot));
  vm.times.place(gfn, vm.clock.now());
  parts_.machine.release(mfn);
  ++vm.counters.zips;
  Event event = eventOf(vm, EventKind::Zip, gfn);
  event.mfn = mfn;
  event.cause = cause;
  event.values = {page.store.value(), page.offset, page.bytes, 0};
  evaluateFreeState(parts_.log.record(event));
  outcome.result = ZipResult::Done;
  return outcome;
}

std::optional<Gfn> Pager::toEvict(VmMemory& vm) {
  evictable_.clear();
  for (auto gfn = vm.zip->oldest(); gfn && evictable_.size() < policies_.evictionCandidates();) {
    const std::uint64_t slot = vm.guest.entry(*gfn).slot();
    evictable_.push_back({*gfn, vm.times.of(*gfn).placed, vm.zip->at(slot).bytes});
    gfn = vm.zip->nextOldest(slot);
  }
  if (evictable_.empty()) return std::nullopt;
  const auto count = static_cast<std::uint32_t>(evictable_.size());
  return evictable_[policies_.evict({vm.id, vm.clock.now(), {0, count}}, evictable_)].gfn;
}

void Pager::recordStoreFrame(const VmMemory& vm, EventKind kind, std::optional<Mfn> mfn, std::uint64_t cause) {
  if (!mfn) return;
  Event event = eventOf(vm, kind);
  event.mfn = *mfn;
  event.cause = cause;
  parts_.log.record(event);
}

std::uint64_t Pager::dropBacking(VmMemory& vm, NptEntry entry, Event event) {
  std::optional<Mfn> freedStore;
  switch (entry.place()) {
    case PagePlace::Private:
      event.mfn = entry.mfn();
      parts_.machine.release(entry.mfn());
      break;
    case PagePlace::Shared:
      event.mfn = entry.mfn();
      if (sharedFrameGone && parts_.machine.frame(entry.mfn()).references == 1) sharedFrameGone(entry.mfn());
      parts_.machine.dropReference(entry.mfn());
      break;
    case PagePlace::Swapped:
      event.values[0] = entry.slot() + 1;
      vm.swap.free(entry.slot());
      break;
    case PagePlace::Zipped:
      event.values[1] = 1;
      freedStore = vm.zip->remove(entry.slot());
      break;
    case PagePlace::Untouched:
    case PagePlace::Ballooned: break;
  }
  const std::uint64_t recorded = parts_.log.record(event);
  recordStoreFrame(vm, EventKind::ZipStoreGive, freedStore, recorded);
  return recorded;
}

BalloonResult Pager::lock(VmMemory& vm, Gfn gfn) {
  if (gfn.value() >= vm.guest.memory().value()) return BalloonResult::BadPage;
  if (vm.isTable(gfn)) {
    parts_.log.record(refusalOf(vm, gfn, RefusalReason::PageTable, vm.balloon.told));
    return BalloonResult::Pinned;
  }
  if (parts_.saboteur == Saboteur::UnpinnedBalloon) [[unlikely]] {
    if (gfn.next().value() < vm.guest.memory().value() && vm.guest.isPrivate(gfn.next()) && !vm.isTable(gfn.next())) gfn = gfn.next();
  }
  const NptEntry entry = vm.guest.entry(gfn);
  if (entry.place() == PagePlace::Ballooned) return BalloonResult::AlreadyLocked;
  breakIfLarge(vm, gfn, LargeBreakReason::Balloon, vm.balloon.told);
  Event event = eventOf(vm, EventKind::Inflate, gfn);
  event.cause = vm.balloon.told;
  setPage(vm, gfn, NptEntry::ballooned());
  ++vm.counters.inflates;
  evaluateFreeState(dropBacking(vm, entry, event));
  return BalloonResult::Done;
}

BalloonResult Pager::unlock(VmMemory& vm, Gfn gfn) {
  if (gfn.value() >= vm.guest.memory().value()) return BalloonResult::BadPage;
  if (vm.guest.entry(gfn).place() != PagePlace::Ballooned) return BalloonResult::AlreadyUnlocked;
  setPage(vm, gfn, NptEntry());
  ++vm.counters.deflates;
  Event event = eventOf(vm, EventKind::Deflate, gfn);
  event.cause = vm.balloon.told;
  parts_.log.record(event);
  return BalloonResult::Done;
}

void Pager::unlockAll(VmMemory& vm, std::uint64_t cause) {
  for (Gfn gfn(0); vm.guest.count(PagePlace::Ballooned) > Pages(0) && gfn.value() < vm.guest.memory().value(); gfn = gfn.next()) {
    if (vm.guest.entry(gfn).place() != PagePlace::Ballooned) continue;
    setPage(vm, gfn, NptEntry());
    ++vm.counters.deflates;
    Event event = eventOf(vm, EventKind::Deflate, gfn);
    event.cause = cause;
    parts_.log.record(event);
  }
}

void Pager::shareAlone(VmMemory& vm, Gfn gfn, std::uint64_t cause) {
  const Mfn mfn = vm.guest.entry(gfn).mfn();
  parts_.machine.makeShared(mfn);
  setPage(vm, gfn, NptEntry::sharedPage(mfn));
  Event event = eventOf(vm, EventKind::Share, gfn);
  event.mfn = mfn;
  event.cause = cause;
  event.values = {mfn.value(), 1, 0, 0};
  parts_.log.record(event);
}

void Pager::shareFrame(VmMemory& vm, Gfn gfn, Mfn shared, std::uint64_t cause) {
  MachineMemory& machine = parts_.machine;
  const Mfn old = vm.guest.entry(gfn).mfn();
  machine.addReference(shared);
  setPage(vm, gfn, NptEntry::sharedPage(shared));
  machine.release(old);
  Event event = eventOf(vm, EventKind::Share, gfn);
  event.mfn = shared;
  event.cause = cause;
  event.values = {old.value(), machine.frame(shared).references, 0, 0};
  evaluateFreeState(parts_.log.record(event));
}

void Pager::remove(VmMemory& vm, std::uint64_t cause) {
  std::uint64_t last = cause;
  for (Gfn gfn(0); gfn.value() < vm.guest.memory().value(); gfn = gfn.next()) {
    const NptEntry entry = vm.guest.entry(gfn);
    if (entry.place() == PagePlace::Untouched) continue;
    breakIfLarge(vm, gfn, LargeBreakReason::Gone, cause);
    Event event = eventOf(vm, EventKind::Discard, gfn);
    event.cause = cause;
    vm.guest.set(gfn, NptEntry());
    last = dropBacking(vm, entry, event);
  }
  std::erase(vms_, &vm);
  evaluateFreeState(last);
}

}  // namespace overcommit

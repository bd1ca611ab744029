// SPDX-License-Identifier: GPL-2.0-or-later
// What each kind of event does to the world. One function a kind or family: first everything that can be wrong, then the change.
#include <fmt/format.h>

#include "trace/world.h"

namespace overcommit {
namespace {

// Why an event is impossible; empty = it is possible.
using Refused = std::string_view;
constexpr Refused kDone;

constexpr std::uint64_t kMaxReferences = 0xffff'ffffu;

// What the value was_zipped of an event must be.
constexpr std::uint64_t wasZipped(PageCell old) { return old.place() == PagePlace::Zipped ? 1 : 0; }

}  // namespace

// One event on its way into the world: checks it, and saves what it changes. Nothing is changed before everything is checked.
class WorldModel::Change {
 public:
  Change(WorldModel& world, const Event& event, WorldUndo* undo) : world_(world), event_(event), undo_(undo) {}
  Refused apply();

 private:
  [[nodiscard]] bool hasVm() const { return event_.vm.value() < world_.vms_.size(); }
  [[nodiscard]] const WorldVm& vm() const { return world_.vms_[event_.vm.value()].figures; }
  [[nodiscard]] PageCell page() const { return PageCell(world_.vms_[event_.vm.value()].pages.get(event_.gfn.value())); }
  [[nodiscard]] bool isFrame(std::uint64_t mfn) const { return mfn < world_.hostMemory_.value(); }
  [[nodiscard]] FrameCell frame(std::uint64_t mfn) const { return FrameCell(world_.frames_.get(mfn)); }
  [[nodiscard]] bool isFree(std::uint64_t mfn) const { return isFrame(mfn) && frame(mfn).use() == FrameUse::Free; }
  [[nodiscard]] FrameCell privateFrame() const { return {FrameUse::Private, event_.vm, event_.gfn.value()}; }
  [[nodiscard]] std::uint64_t value(std::size_t i) const { return event_.values[i]; }
  [[nodiscard]] std::uint64_t mfn() const { return event_.mfn.value(); }

  void begin();
  void setPage(PageCell cell) { setPage(event_.gfn.value(), cell); }
  void setPage(std::uint64_t gfn, PageCell cell);
  void setFrame(std::uint64_t mfn, FrameCell cell);
  void set(WorldFigure figure, std::uint64_t value);
  void set(WorldText which, const std::string& text);
  void setHost(WorldFigure figure, std::uint64_t value);
  // Takes one page away from a shared frame or a frame of the zip store; a shared frame without pages is free.
  void drop(std::uint64_t mfn);

  using Step = Refused (Change::*)();
  // What all events of a page, of a frame, or of a VM ask for first.
  Refused ofPage(Step step);
  Refused ofFrame(Step step);
  Refused ofVm(Step step);
  Refused counted();  // reports and decisions that change nothing

  Refused powerOn();
  Refused powerOff();
  Refused firstTouch();
  Refused share();
  Refused breakShare();
  Refused revert();
  Refused inflate() { return giveUp(PagePlace::Ballooned); }
  Refused discard() { return giveUp(PagePlace::Untouched); }
  Refused giveUp(PagePlace place);
  Refused takeBack();  // deflate, pop
  Refused zip();
  Refused unzip();
  Refused swapOut();
  Refused swapIn();
  Refused largeMap();
  Refused largeBreak();

  Refused overheadTake();
  Refused overheadGive();
  Refused zipStoreTake();
  Refused zipStoreGive();

  Refused sample();
  Refused threshold();
  Refused allotment();
  Refused overheadFigures();
  Refused reclaimTarget();
  Refused active();
  Refused zeroFrame();
  void noteRequested();  // after what may change the requested pages

  Refused crash();
  Refused guestFrame();
  Refused targetSet();
  Refused freeStateChange();
  Refused reclaimStart();
  Refused reclaimEnd();
  Refused figure(WorldFigure figure, std::uint64_t value);
  Refused text(WorldText text);

  WorldModel& world_;
  const Event& event_;
  WorldUndo* undo_;
};

Result<void> WorldModel::apply(const Event& event) { return apply(event, nullptr); }
Result<void> WorldModel::apply(const Event& event, WorldUndo& undo) { return apply(event, &undo); }

Result<void> WorldModel::apply(const Event& event, WorldUndo* undo) {
  const Refused refused = Change(*this, event, undo).apply();
  if (refused.empty()) [[likely]]
    return {};
  const EventInfo& info = infoOf(event.kind);
  std::string subject;
  if (event.vm.value() < vms_.size()) {
    subject = fmt::format(" of {}", vms_[event.vm.value()].name);
  } else if (info.hasVm && event.vm != kNoVm) {
    subject = fmt::format(" of VM {}", event.vm.value());
  }
  if (info.hasGfn) subject += fmt::format(" gfn {:#x}", event.gfn.value());
  if (info.hasMfn) subject += fmt::format(" mfn {:#x}", event.mfn.value());
  return failure("event #{} ({}{}) is impossible: {}", event.sequence, info.name, subject, refused);
}

void WorldModel::Change::begin() {
  if (undo_ != nullptr) undo_->begin(event_.kind, event_.vm);
  world_.count(event_.kind, event_.vm, 1);
  if (event_.hostTime != world_.hostTime_) setHost(WorldFigure::HostTime, event_.hostTime.value());
}

void WorldModel::Change::setPage(std::uint64_t gfn, PageCell cell) {
  if (undo_ != nullptr) {
    const std::uint64_t old = world_.vms_[event_.vm.value()].pages.get(gfn);
    undo_->save({WorldUndo::What::Page, 0, event_.vm, static_cast<std::uint32_t>(gfn), old});
  }
  world_.setPage(event_.vm, gfn, cell);
}

void WorldModel::Change::setFrame(std::uint64_t mfn, FrameCell cell) {
  if (undo_ != nullptr) undo_->save({WorldUndo::What::Frame, 0, kNoVm, static_cast<std::uint32_t>(mfn), world_.frames_.get(mfn)});
  world_.setFrame(mfn, cell);
}

void WorldModel::Change::set(WorldFigure figure, std::uint64_t value) {
  const std::uint64_t old = world_.figure(event_.vm, figure);
  if (old == value) return;
  if (undo_ != nullptr) undo_->save({WorldUndo::What::Figure, static_cast<std::uint8_t>(figure), event_.vm, 0, old});
  world_.setFigure(event_.vm, figure, value);
}

void WorldModel::Change::setHost(WorldFigure figure, std::uint64_t value) {
  if (undo_ != nullptr) {
    undo_->save({WorldUndo::What::Figure, static_cast<std::uint8_t>(figure), kNoVm, 0, world_.figure(kNoVm, figure)});
  }
  world_.setFigure(kNoVm, figure, value);
}

void WorldModel::Change::set(WorldText which, const std::string& text) {
  std::string& current = world_.text(event_.vm, which);
  if (undo_ != nullptr) undo_->saveText(event_.vm, which, current);
  current = text;
}

void WorldModel::Change::drop(std::uint64_t mfn) {
  const FrameCell cell = frame(mfn);
  const bool last = cell.use() == FrameUse::Shared && cell.number() == 1;
  setFrame(mfn, last ? FrameCell() : cell.withNumber(cell.number() - 1));
}

Refused WorldModel::Change::apply() {
  if (event_.sequence != world_.sequence_ + 1) return "its number is not the next one, so events are missing or doubled";
  if (event_.hostTime < world_.hostTime_) return "the host's time goes back";
  if (event_.vm != kNoVm && !hasVm()) return "there is no such VM";
  if (event_.vm != kNoVm && !infoOf(event_.kind).hasVm) return "this kind of event has no VM";
  switch (event_.kind) {
    case EventKind::PowerOn: return ofVm(&Change::powerOn);
    case EventKind::PowerOff: return ofVm(&Change::powerOff);
    case EventKind::Crash: return ofVm(&Change::crash);
    case EventKind::FirstTouch: return ofPage(&Change::firstTouch);
    case EventKind::Share: return ofPage(&Change::share);
    case EventKind::Break: return ofPage(&Change::breakShare);
    case EventKind::Revert: return ofPage(&Change::revert);
    case EventKind::Inflate: return ofPage(&Change::inflate);
    case EventKind::Deflate:
    case EventKind::Pop: return ofPage(&Change::takeBack);
    case EventKind::Zip: return ofPage(&Change::zip);
    case EventKind::Unzip: return ofPage(&Change::unzip);
    case EventKind::SwapOut: return ofPage(&Change::swapOut);
    case EventKind::SwapIn: return ofPage(&Change::swapIn);
    case EventKind::Discard: return ofPage(&Change::discard);
    case EventKind::LargeMap: return ofPage(&Change::largeMap);
    case EventKind::LargeBreak: return largeBreak();
    case EventKind::OverheadTake: return ofFrame(&Change::overheadTake);
    case EventKind::OverheadGive: return ofFrame(&Change::overheadGive);
    case EventKind::ZipStoreTake: return ofFrame(&Change::zipStoreTake);
    case EventKind::ZipStoreGive: return ofFrame(&Change::zipStoreGive);
    case EventKind::FreeStateChange: return freeStateChange();
    case EventKind::TargetSet: return ofVm(&Change::targetSet);
    case EventKind::ReclaimStart: return reclaimStart();
    case EventKind::ReclaimEnd: return reclaimEnd();
    case EventKind::Block: return figure(WorldFigure::Blocked, 1);
    case EventKind::Unblock: return figure(WorldFigure::Blocked, 0);
    case EventKind::Sample: return ofVm(&Change::sample);
    case EventKind::GuestFrame: return ofVm(&Change::guestFrame);
    case EventKind::Operations: return figure(WorldFigure::Operations, value(0));
    case EventKind::Phase: return figure(WorldFigure::Phase, value(0));
    case EventKind::ResultChecksum: return figure(WorldFigure::ResultChecksum, value(0));
    case EventKind::BalloonTarget: return figure(WorldFigure::BalloonTargetPages, value(0));
    case EventKind::Console: return text(WorldText::ConsoleLine);
    case EventKind::Threshold: return threshold();
    case EventKind::Allotment: return ofVm(&Change::allotment);
    case EventKind::OverheadFigures: return ofVm(&Change::overheadFigures);
    case EventKind::ReclaimTarget: return ofVm(&Change::reclaimTarget);
    case EventKind::Active: return ofVm(&Change::active);
    case EventKind::Hints: return figure(WorldFigure::HintPages, value(0));
    case EventKind::ZeroFrame: return ofFrame(&Change::zeroFrame);
    case EventKind::VictimVm:
    case EventKind::Scan:
    case EventKind::GuestSwappedOut:
    case EventKind::BalloonDriver:
    case EventKind::Content:
    case EventKind::TimeRun:
    case EventKind::TimeFaults:
    case EventKind::TimeDisks:
    case EventKind::Latency: return ofVm(&Change::counted);
    case EventKind::Balance:
    case EventKind::Change:
    case EventKind::PolicyPrinted:
    case EventKind::PolicyFailed:
    case EventKind::PolicyAnswer:
    case EventKind::Refusal:        // of a page, of a VM, or of the host
    case EventKind::SettingChange:  // of a VM or of the host
    case EventKind::Fault:
    case EventKind::Mark:
    case EventKind::LimitReached:
    case EventKind::Expectation: return counted();
  }
  return "there is no such kind";
}

Refused WorldModel::Change::counted() {
  begin();
  return kDone;
}

Refused WorldModel::Change::ofVm(Step step) { return hasVm() ? (this->*step)() : "it does not say which VM"; }

Refused WorldModel::Change::ofPage(Step step) {
  if (!hasVm()) return "it does not say which VM";
  if (event_.gfn.value() >= world_.vms_[event_.vm.value()].memory) return "the VM has no such page";
  if (!vm().poweredOn) return "the VM is not powered on";
  if (world_.vms_[event_.vm.value()].isLarge(event_.gfn.value())) return "the page is part of a large page, which must be broken first";
  return (this->*step)();
}

Refused WorldModel::Change::ofFrame(Step step) { return isFrame(mfn()) ? (this->*step)() : "the host has no such frame"; }

Refused WorldModel::Change::figure(WorldFigure figure, std::uint64_t value) {
  if (!hasVm()) return "it does not say which VM";
  begin();
  set(figure, value);
  return kDone;
}

Refused WorldModel::Change::text(WorldText text) {
  if (!hasVm()) return "it does not say which VM";
  begin();
  set(text, event_.text);
  return kDone;
}

Refused WorldModel::Change::freeStateChange() {
  if (value(0) > static_cast<std::uint64_t>(FreeState::Low)) return "there is no such free state";
  begin();
  setHost(WorldFigure::FreeState, value(0));
  setHost(WorldFigure::ThresholdPages, value(3));
  return kDone;
}

Refused WorldModel::Change::reclaimStart() {
  if (value(0) < static_cast<std::uint64_t>(ReclaimReason::OutOfFrames) || value(0) > static_cast<std::uint64_t>(ReclaimReason::Target)) {
    return "there is no such reason to reclaim";
  }
  begin();
  setHost(WorldFigure::Reclaiming, 1);
  setHost(WorldFigure::ReclaimReason, value(0));
  return kDone;
}

Refused WorldModel::Change::reclaimEnd() {
  begin();
  setHost(WorldFigure::Reclaiming, 0);
  return kDone;
}

Refused WorldModel::Change::largeMap() {
  const std::uint64_t first = event_.gfn.value();
  if (first % kLargePagePages != 0 || mfn() % kLargePagePages != 0) return "a large page lies at a multiple of 2 MiB on both sides";
  const Vm& owner = world_.vms_[event_.vm.value()];
  if (owner.memory - first < kLargePagePages) return "the VM ends before the large page does";
  if (value(0) < first || value(0) - first >= kLargePagePages) return "the page that was touched is not in it";
  if (!isFrame(mfn() + kLargePagePages - 1)) return "the host ends before the large page does";
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
    if (PageCell(owner.pages.get(first + i)).place() != PagePlace::Untouched) return "not all of its pages are untouched";
    if (!isFree(mfn() + i)) return "not all of its frames are free";
  }
  begin();
  if (undo_ != nullptr) undo_->save({WorldUndo::What::LargeMap, 0, event_.vm, static_cast<std::uint32_t>(first), mfn()});
  world_.mapLarge(event_.vm, first, mfn());
  return kDone;
}

Refused WorldModel::Change::largeBreak() {
  if (!hasVm()) return "it does not say which VM";
  const std::uint64_t first = event_.gfn.value();
  if (first % kLargePagePages != 0 || !world_.vms_[event_.vm.value()].isLarge(first)) return "there is no such large page";
  if (value(0) < static_cast<std::uint64_t>(LargeBreakReason::Victim) || value(0) > static_cast<std::uint64_t>(LargeBreakReason::Gone))
    return "there is no such reason to break a large page";
  begin();
  if (undo_ != nullptr) undo_->save({WorldUndo::What::LargeBreak, 0, event_.vm, static_cast<std::uint32_t>(first), 0});
  world_.setLarge(event_.vm, first, 0);
  return kDone;
}

Refused WorldModel::Change::overheadTake() {
  if (!isFree(mfn())) return "the frame is not free";
  if (value(0) < static_cast<std::uint64_t>(OverheadUse::NestedPageTable) || value(0) > static_cast<std::uint64_t>(OverheadUse::Other)) {
    return "there is no such use of an overhead frame";
  }
  begin();
  setFrame(mfn(), FrameCell(FrameUse::Overhead, event_.vm, value(0)));
  return kDone;
}

Refused WorldModel::Change::overheadGive() {
  if (frame(mfn()).use() != FrameUse::Overhead || frame(mfn()).vm() != event_.vm) return "the frame is not overhead of this VM";
  begin();
  setFrame(mfn(), FrameCell());
  return kDone;
}

Refused WorldModel::Change::zipStoreTake() {
  if (!isFree(mfn())) return "the frame is not free";
  begin();
  setFrame(mfn(), FrameCell(FrameUse::ZipStore, event_.vm, 0));
  return kDone;
}

Refused WorldModel::Change::zipStoreGive() {
  if (frame(mfn()).use() != FrameUse::ZipStore || frame(mfn()).vm() != event_.vm) return "the frame is not in this VM's compression cache";
  if (frame(mfn()).number() != 0) return "the frame still holds compressed pages";
  begin();
  setFrame(mfn(), FrameCell());
  return kDone;
}

Refused WorldModel::Change::crash() {
  if (!vm().poweredOn) return "the VM is not powered on";
  begin();
  set(WorldFigure::Crashed, 1);
  set(WorldFigure::Operations, value(0));
  set(WorldText::CrashText, event_.text);
  return kDone;
}

Refused WorldModel::Change::guestFrame() {
  if (event_.gfn.value() >= world_.vms_[event_.vm.value()].memory) return "the VM has no such page";
  if (value(0) >= static_cast<std::uint64_t>(GuestUse::Unknown)) return "there is no such use of a guest frame";
  begin();
  setPage(page().usedAs(static_cast<GuestUse>(value(0))));
  return kDone;
}

Refused WorldModel::Change::targetSet() {
  begin();
  set(WorldFigure::TargetPages, value(0));
  set(WorldFigure::ActivePages, value(2));
  set(WorldFigure::RhoMillionths, value(3));
  return kDone;
}

Refused WorldModel::Change::sample() {
  const std::uint64_t sampled = value(0), touched = value(1);
  if (touched > sampled || sampled > kMaxWorldPages) return "no sample touches more pages than it has, nor has it more than a VM";
  begin();
  set(WorldFigure::SampleMillionths, sampled == 0 ? 0 : touched * 1'000'000 / sampled);
  return kDone;
}

Refused WorldModel::Change::threshold() {
  if (value(0) >= kFreeStates) return "there is no such free state";
  begin();
  setHost(static_cast<WorldFigure>(static_cast<std::uint64_t>(WorldFigure::HighThreshold) + value(0)), value(1));
  return kDone;
}

Refused WorldModel::Change::allotment() {
  begin();
  set(WorldFigure::ReservationPages, value(0));
  set(WorldFigure::LimitPages, value(1));
  set(WorldFigure::Shares, value(2));
  set(WorldFigure::BalloonMaxPages, value(3));
  noteRequested();
  return kDone;
}

Refused WorldModel::Change::overheadFigures() {
  begin();
  set(WorldFigure::OverheadMaxPages, value(0));
  set(WorldFigure::PublishedOverheadBytes, value(1));
  set(WorldFigure::ZipSlotBytes, value(2));
  noteRequested();
  return kDone;
}

Refused WorldModel::Change::reclaimTarget() {
  begin();
  set(WorldFigure::WantedBalloonPages, value(0));
  set(WorldFigure::SwapTargetPages, value(1));
  set(WorldFigure::BalloonDriver, value(2) == 0 ? 0 : 1);
  return kDone;
}

Refused WorldModel::Change::active() {
  begin();
  set(WorldFigure::ActivePages, value(0));
  set(WorldFigure::SlowMillionths, value(1));
  set(WorldFigure::FastMillionths, value(2));
  set(WorldFigure::NextMillionths, value(3));
  return kDone;
}

Refused WorldModel::Change::zeroFrame() {
  if (frame(mfn()).use() != FrameUse::Shared) return "the frame is not shared";
  begin();
  setFrame(mfn(), frame(mfn()).withZeros());
  return kDone;
}

void WorldModel::Change::noteRequested() {
  std::vector<RequestedPages>& changes = world_.host_.requested;
  const std::uint64_t pages = world_.requestedPages();
  if (pages == (changes.empty() ? 0 : changes.back().pages)) return;
  if (undo_ != nullptr) undo_->save({WorldUndo::What::Requested, 0, kNoVm, 0, 0});
  changes.push_back({event_.hostTime, pages});
}

Refused WorldModel::Change::powerOn() {
  if (vm().poweredOn) return "the VM is powered on already";
  if (value(0) != world_.vms_[event_.vm.value()].memory) return "the VM's memory is not that of the trace's header";
  begin();
  set(WorldFigure::PoweredOn, 1);
  for (const WorldFigure figure :
       {WorldFigure::Crashed, WorldFigure::Blocked, WorldFigure::Operations, WorldFigure::Phase, WorldFigure::ResultChecksum,
        WorldFigure::BalloonTargetPages, WorldFigure::WantedBalloonPages, WorldFigure::SwapTargetPages, WorldFigure::BalloonDriver,
        WorldFigure::SampleMillionths, WorldFigure::SlowMillionths, WorldFigure::FastMillionths, WorldFigure::NextMillionths,
        WorldFigure::HintPages}) {
    set(figure, 0);
  }
  set(WorldText::CrashText, "");
  set(WorldText::ConsoleLine, "");
  noteRequested();
  return kDone;
}

Refused WorldModel::Change::powerOff() {
  if (!vm().poweredOn) return "the VM is not powered on";
  if (vm().at(PagePlace::Untouched) != world_.vms_[event_.vm.value()].memory) return "not all of the VM's pages have been discarded";
  std::vector<std::uint64_t> known;
  world_.vms_[event_.vm.value()].pages.forEach([&](std::uint64_t gfn, std::uint64_t) { known.push_back(gfn); });
  begin();
  for (const std::uint64_t gfn : known) setPage(gfn, PageCell());
  set(WorldFigure::PoweredOn, 0);
  set(WorldFigure::Blocked, 0);
  set(WorldFigure::Operations, value(0));
  noteRequested();
  return kDone;
}

Refused WorldModel::Change::firstTouch() {
  if (page().place() != PagePlace::Untouched) return "the page is not untouched";
  if (!isFree(mfn())) return "the frame is not free";
  begin();
  setPage(page().at(PagePlace::Private, mfn()));
  setFrame(mfn(), privateFrame());
  return kDone;
}

Refused WorldModel::Change::share() {
  const std::uint64_t oldMfn = value(0);
  if (page().place() != PagePlace::Private || page().number() != oldMfn) return "the page is not in the private frame old_mfn";
  if (oldMfn == mfn()) {
    if (value(1) != 1) return "a frame that becomes shared has one reference";
    begin();
    setFrame(mfn(), FrameCell(FrameUse::Shared, kNoVm, 1));
  } else {
    if (!isFrame(mfn()) || frame(mfn()).use() != FrameUse::Shared) return "the frame is not shared";
    if (frame(mfn()).number() + 1 != value(1) || value(1) > kMaxReferences) return "the number of references is wrong";
    begin();
    setFrame(oldMfn, FrameCell());
    setFrame(mfn(), frame(mfn()).withNumber(value(1)));
  }
  setPage(page().at(PagePlace::Shared, mfn()));
  return kDone;
}

Refused WorldModel::Change::breakShare() {
  const std::uint64_t sharedMfn = value(0);
  if (page().place() != PagePlace::Shared || page().number() != sharedMfn) return "the page does not share shared_mfn";
  if (frame(sharedMfn).number() != value(1) + 1) return "the number of references is wrong";
  if (!isFree(mfn())) return "the frame is not free";
  begin();
  drop(sharedMfn);
  setFrame(mfn(), privateFrame());
  setPage(page().at(PagePlace::Private, mfn()));
  return kDone;
}

Refused WorldModel::Change::revert() {
  if (page().place() != PagePlace::Shared || page().number() != mfn()) return "the page does not share this frame";
  if (frame(mfn()).number() != 1) return "other pages share the frame";
  begin();
  setFrame(mfn(), privateFrame());
  setPage(page().at(PagePlace::Private, mfn()));
  return kDone;
}

Refused WorldModel::Change::giveUp(PagePlace place) {
  const PageCell old = page();
  const std::uint64_t slot = value(0);
  if (value(1) != wasZipped(old)) return "was_zipped is not as the page was";
  switch (old.place()) {
    case PagePlace::Untouched:
      if (place == PagePlace::Untouched) return "the page is untouched already";
      if (mfn() != 0 || slot != 0) return "the page is untouched and has neither frame nor slot";
      break;
    case PagePlace::Private:
      if (mfn() != old.number() || slot != 0) return "the page is in another frame";
      break;
    case PagePlace::Shared:
      if ((mfn() != 0 && mfn() != old.number()) || slot != 0) return "the page shares another frame";
      break;
    case PagePlace::Ballooned:
      if (place == PagePlace::Ballooned) return "the page is ballooned already";
      if (mfn() != 0 || slot != 0) return "the page is ballooned and has neither frame nor slot";
      break;
    case PagePlace::Zipped:
      if (mfn() != 0 || slot != 0) return "the page is zipped and has neither frame nor slot of its own";
      break;
    case PagePlace::Swapped:
      if (mfn() != 0 || slot != old.number() + 1) return "the page is swapped to another slot";
      break;
  }
  begin();
  if (old.place() == PagePlace::Private) setFrame(old.number(), FrameCell());
  if (old.place() == PagePlace::Shared || old.inStore()) drop(old.number());
  setPage(old.at(place));
  return kDone;
}

Refused WorldModel::Change::takeBack() {
  if (page().place() != PagePlace::Ballooned) return "the page is not ballooned";
  begin();
  setPage(page().at(PagePlace::Untouched));
  return kDone;
}

Refused WorldModel::Change::zip() {
  const std::uint64_t store = value(0), offset = value(1), bytes = value(2);
  const bool sameFilled = bytes == 0;
  if (page().place() != PagePlace::Private || page().number() != mfn()) return "the page is not in this private frame";
  if (!sameFilled && (!isFrame(store) || frame(store).use() != FrameUse::ZipStore || frame(store).vm() != event_.vm)) {
    return "store_mfn is not in this VM's compression cache";
  }
  if (sameFilled && store != 0) return "a same-filled page is in no frame";
  if (offset >= kPageSize || bytes >= kPageSize) return "the compressed page is outside its frame";
  const PageCell zipped = page().at(PagePlace::Zipped, store, offset, bytes);
  if (zipped.misplaced()) return "there is no slot at this place for a compressed page of this length";
  begin();
  setFrame(mfn(), FrameCell());
  if (!sameFilled) setFrame(store, FrameCell(FrameUse::ZipStore, event_.vm, frame(store).number() + 1));
  setPage(zipped);
  return kDone;
}

Refused WorldModel::Change::unzip() {
  if (page().place() != PagePlace::Zipped || page().number() != value(0) || page().offset() != value(1)) {
    return "the page is not compressed in this place";
  }
  if (!isFree(mfn())) return "the frame is not free";
  begin();
  if (page().inStore()) drop(value(0));
  setFrame(mfn(), privateFrame());
  setPage(page().at(PagePlace::Private, mfn()));
  return kDone;
}

Refused WorldModel::Change::swapOut() {
  const Vm& owner = world_.vms_[event_.vm.value()];
  const PageCell old = page();
  const bool zipped = old.place() == PagePlace::Zipped;
  if (value(1) != wasZipped(old)) return "was_zipped is not as the page was";
  if (zipped && mfn() != 0) return "the page is zipped and has no frame of its own";
  if (!zipped && (old.place() != PagePlace::Private || old.number() != mfn())) return "the page is not in this private frame";
  if (value(0) >= owner.memory) return "the VM's swap file has no such slot";
  if (owner.slots.get(value(0)) != 0) return "the slot holds another page";
  begin();
  if (!zipped) setFrame(mfn(), FrameCell());
  if (old.inStore()) drop(old.number());
  setPage(old.at(PagePlace::Swapped, value(0)));
  return kDone;
}

Refused WorldModel::Change::swapIn() {
  if (page().place() != PagePlace::Swapped || page().number() != value(0)) return "the page is not swapped to this slot";
  if (!isFree(mfn())) return "the frame is not free";
  begin();
  setFrame(mfn(), privateFrame());
  setPage(page().at(PagePlace::Private, mfn()));
  return kDone;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/world.h"

#include <fmt/format.h>

#include <algorithm>

namespace overcommit {
namespace {

constexpr std::size_t at(PagePlace place) { return static_cast<std::size_t>(place); }
constexpr std::size_t at(GuestUse use) { return static_cast<std::size_t>(use); }
constexpr std::size_t at(FrameUse use) { return static_cast<std::size_t>(use); }

constexpr std::size_t thresholdAt(WorldFigure figure) {
  return static_cast<std::size_t>(figure) - static_cast<std::size_t>(WorldFigure::HighThreshold);
}

}  // namespace

WorldModel::WorldModel(const TraceHeader& header) : hostMemory_(header.hostMemory), frames_(header.hostMemory.value()) {
  invariant(header.vms.size() <= kMaxVms && header.hostMemory.value() <= kMaxWorldPages, "a world is within its size limits");
  host_.frames[at(FrameUse::Free)] = hostMemory_.value();
  vms_.reserve(header.vms.size());
  for (const TraceVm& vm : header.vms) {
    const std::uint64_t pages = vm.memory.value();
    vms_.push_back(Vm{WorldVm(), CellTable(pages), CellTable(pages), CellTable(pages / kLargePagePages), vm.name, pages});
    vms_.back().figures.pages[at(PagePlace::Untouched)] = pages;
    vms_.back().figures.guestPages[at(GuestUse::Unknown)] = pages;
  }
}

const WorldVm& WorldModel::vm(VmId vm) const {
  invariant(vm.value() < vms_.size(), "a VM of this world");
  return vms_[vm.value()].figures;
}

Pages WorldModel::memory(VmId vm) const {
  invariant(vm.value() < vms_.size(), "a VM of this world");
  return Pages(vms_[vm.value()].memory);
}

const std::string& WorldModel::name(VmId vm) const {
  invariant(vm.value() < vms_.size(), "a VM of this world");
  return vms_[vm.value()].name;
}

WorldPage WorldModel::page(VmId vm, Gfn gfn) const {
  invariant(gfn.value() < memory(vm).value(), "a page of this VM");
  const PageCell cell(vms_[vm.value()].pages.get(gfn.value()));
  WorldPage page;
  page.place = cell.place();
  page.guestUse = cell.use();
  page.large = vms_[vm.value()].isLarge(gfn.value());
  if (page.place == PagePlace::Swapped) {
    page.slot = cell.number();
  } else {
    page.mfn = Mfn(cell.number());
    page.storeOffset = static_cast<std::uint32_t>(cell.offset());
    page.compressedBytes = static_cast<std::uint32_t>(cell.bytes());
  }
  return page;
}

WorldModel::PageSums WorldModel::pageSums(VmId vm) const {
  invariant(vm.value() < vms_.size(), "a VM of this world");
  const Vm& owner = vms_[vm.value()];
  PageSums sums;
  if (owner.figures.at(PagePlace::Shared) + owner.figures.at(PagePlace::Zipped) == 0) return sums;
  owner.pages.forEach([&](std::uint64_t, std::uint64_t raw) {
    const PageCell page(raw);
    if (page.place() == PagePlace::Shared) {
      const FrameCell frame(frames_.get(page.number()));
      ++sums.sharedWith[static_cast<std::uint32_t>(frame.number())];
      if (frame.zeros()) ++sums.zeroPages;
    } else if (page.inStore()) {
      sums.zipSlotBytes += page.bytes() <= owner.figures.zipSlotBytes ? owner.figures.zipSlotBytes : kPageSize / 2;
    }
  });
  return sums;
}

std::uint64_t WorldModel::requestedPages() const {
  std::uint64_t pages = 0;
  for (const Vm& vm : vms_) {
    if (vm.figures.poweredOn) pages += std::min(vm.memory, vm.figures.limitPages) + std::min(vm.figures.overheadMaxPages, vm.memory);
  }
  return pages;
}

std::optional<Gfn> WorldModel::swapSlot(VmId vm, std::uint64_t slot) const {
  if (slot >= memory(vm).value()) return std::nullopt;
  const std::uint64_t holder = vms_[vm.value()].slots.get(slot);
  return holder == 0 ? std::nullopt : std::optional(Gfn(holder - 1));
}

WorldFrame WorldModel::frame(Mfn mfn) const {
  invariant(mfn.value() < hostMemory_.value(), "a frame of this host");
  const FrameCell cell(frames_.get(mfn.value()));
  WorldFrame frame;
  frame.use = cell.use();
  frame.vm = cell.vm();
  switch (frame.use) {
    case FrameUse::Free: break;
    case FrameUse::Private: frame.gfn = Gfn(cell.number()); break;
    case FrameUse::Shared: frame.zeros = cell.zeros(); [[fallthrough]];
    case FrameUse::ZipStore: frame.references = static_cast<std::uint32_t>(cell.number()); break;
    case FrameUse::Overhead: frame.overhead = static_cast<OverheadUse>(cell.number()); break;
  }
  return frame;
}

// Moves a page; the VM's figures and the table of its swap slots follow.
void WorldModel::setPage(VmId vm, std::uint64_t gfn, PageCell cell) {
  Vm& owner = vms_[vm.value()];
  const PageCell old(owner.pages.get(gfn));
  owner.pages.set(gfn, cell.raw());
  if (following_) {
    changes_.addPage(vm, gfn);
    if (old.place() == PagePlace::Swapped) changes_.addSlot(vm, old.number());
    if (cell.place() == PagePlace::Swapped) changes_.addSlot(vm, cell.number());
  }
  --owner.figures.pages[at(old.place())];
  ++owner.figures.pages[at(cell.place())];
  --owner.figures.guestPages[at(old.use())];
  ++owner.figures.guestPages[at(cell.use())];
  if (old.place() == PagePlace::Swapped) owner.slots.set(old.number(), 0);
  if (cell.place() == PagePlace::Swapped) owner.slots.set(cell.number(), gfn + 1);
}

void WorldModel::setLarge(VmId vm, std::uint64_t first, std::uint64_t large) {
  Vm& owner = vms_[vm.value()];
  owner.large.set(first / kLargePagePages, large);
  owner.figures.largePages += large != 0 ? kLargePagePages : ~kLargePagePages + 1;
}

void WorldModel::mapLarge(VmId vm, std::uint64_t first, std::uint64_t mfn) {
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
    setPage(vm, first + i, PageCell(vms_[vm.value()].pages.get(first + i)).at(PagePlace::Private, mfn + i));
    setFrame(mfn + i, FrameCell(FrameUse::Private, vm, first + i));
  }
  setLarge(vm, first, 1);
}

void WorldModel::unmapLarge(VmId vm, std::uint64_t first, std::uint64_t mfn) {
  for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
    setPage(vm, first + i, PageCell(vms_[vm.value()].pages.get(first + i)).at(PagePlace::Untouched));
    setFrame(mfn + i, FrameCell());
  }
  setLarge(vm, first, 0);
}

void WorldModel::setFrame(std::uint64_t mfn, FrameCell cell) {
  const FrameCell old(frames_.get(mfn));
  frames_.set(mfn, cell.raw());
  if (following_) changes_.addFrame(mfn);
  --host_.frames[at(old.use())];
  ++host_.frames[at(cell.use())];
  const auto owned = [this](FrameCell of) -> std::uint64_t* {
    if (of.vm() == kNoVm && of.use() == FrameUse::Overhead) return &host_.hostOverhead[static_cast<std::size_t>(of.number()) - 1];
    if (of.vm() == kNoVm) return nullptr;
    if (of.use() == FrameUse::Overhead) return &vms_[of.vm().value()].figures.overheadFrames;
    if (of.use() == FrameUse::ZipStore) return &vms_[of.vm().value()].figures.zipStoreFrames;
    return nullptr;
  };
  if (std::uint64_t* frames = owned(old)) --*frames;
  if (std::uint64_t* frames = owned(cell)) ++*frames;
}

std::uint64_t WorldModel::figure(VmId vm, WorldFigure figure) const {
  switch (figure) {
    case WorldFigure::PoweredOn: return vms_[vm.value()].figures.poweredOn ? 1 : 0;
    case WorldFigure::Crashed: return vms_[vm.value()].figures.crashed ? 1 : 0;
    case WorldFigure::Blocked: return vms_[vm.value()].figures.blocked ? 1 : 0;
    case WorldFigure::Operations: return vms_[vm.value()].figures.operations;
    case WorldFigure::Phase: return vms_[vm.value()].figures.phase;
    case WorldFigure::ResultChecksum: return vms_[vm.value()].figures.resultChecksum;
    case WorldFigure::TargetPages: return vms_[vm.value()].figures.targetPages;
    case WorldFigure::ActivePages: return vms_[vm.value()].figures.activePages;
    case WorldFigure::RhoMillionths: return vms_[vm.value()].figures.rhoMillionths;
    case WorldFigure::BalloonTargetPages: return vms_[vm.value()].figures.balloonTargetPages;
    case WorldFigure::ReservationPages: return vms_[vm.value()].figures.reservationPages;
    case WorldFigure::LimitPages: return vms_[vm.value()].figures.limitPages;
    case WorldFigure::Shares: return vms_[vm.value()].figures.shares;
    case WorldFigure::BalloonMaxPages: return vms_[vm.value()].figures.balloonMaxPages;
    case WorldFigure::OverheadMaxPages: return vms_[vm.value()].figures.overheadMaxPages;
    case WorldFigure::PublishedOverheadBytes: return vms_[vm.value()].figures.publishedOverheadBytes;
    case WorldFigure::ZipSlotBytes: return vms_[vm.value()].figures.zipSlotBytes;
    case WorldFigure::WantedBalloonPages: return vms_[vm.value()].figures.wantedBalloonPages;
    case WorldFigure::SwapTargetPages: return vms_[vm.value()].figures.swapTargetPages;
    case WorldFigure::SampleMillionths: return vms_[vm.value()].figures.sampleMillionths;
    case WorldFigure::SlowMillionths: return vms_[vm.value()].figures.slowMillionths;
    case WorldFigure::FastMillionths: return vms_[vm.value()].figures.fastMillionths;
    case WorldFigure::NextMillionths: return vms_[vm.value()].figures.nextMillionths;
    case WorldFigure::HintPages: return vms_[vm.value()].figures.hintPages;
    case WorldFigure::BalloonDriver: return vms_[vm.value()].figures.balloonDriver ? 1 : 0;
    case WorldFigure::HostTime: return hostTime_.value();
    case WorldFigure::FreeState: return static_cast<std::uint64_t>(host_.freeState);
    case WorldFigure::ThresholdPages: return host_.thresholdPages;
    case WorldFigure::Reclaiming: return host_.reclaiming ? 1 : 0;
    case WorldFigure::ReclaimReason: return static_cast<std::uint64_t>(host_.reclaimReason);
    case WorldFigure::HighThreshold:
    case WorldFigure::ClearThreshold:
    case WorldFigure::SoftThreshold:
    case WorldFigure::HardThreshold:
    case WorldFigure::LowThreshold: return host_.thresholds[thresholdAt(figure)];
  }
  return 0;
}

void WorldModel::setFigure(VmId vm, WorldFigure figure, std::uint64_t value) {
  switch (figure) {
    case WorldFigure::PoweredOn: vms_[vm.value()].figures.poweredOn = value != 0; break;
    case WorldFigure::Crashed: vms_[vm.value()].figures.crashed = value != 0; break;
    case WorldFigure::Blocked: vms_[vm.value()].figures.blocked = value != 0; break;
    case WorldFigure::Operations: vms_[vm.value()].figures.operations = value; break;
    case WorldFigure::Phase: vms_[vm.value()].figures.phase = value; break;
    case WorldFigure::ResultChecksum: vms_[vm.value()].figures.resultChecksum = value; break;
    case WorldFigure::TargetPages: vms_[vm.value()].figures.targetPages = value; break;
    case WorldFigure::ActivePages: vms_[vm.value()].figures.activePages = value; break;
    case WorldFigure::RhoMillionths: vms_[vm.value()].figures.rhoMillionths = value; break;
    case WorldFigure::BalloonTargetPages: vms_[vm.value()].figures.balloonTargetPages = value; break;
    case WorldFigure::ReservationPages: vms_[vm.value()].figures.reservationPages = value; break;
    case WorldFigure::LimitPages: vms_[vm.value()].figures.limitPages = value; break;
    case WorldFigure::Shares: vms_[vm.value()].figures.shares = value; break;
    case WorldFigure::BalloonMaxPages: vms_[vm.value()].figures.balloonMaxPages = value; break;
    case WorldFigure::OverheadMaxPages: vms_[vm.value()].figures.overheadMaxPages = value; break;
    case WorldFigure::PublishedOverheadBytes: vms_[vm.value()].figures.publishedOverheadBytes = value; break;
    case WorldFigure::ZipSlotBytes: vms_[vm.value()].figures.zipSlotBytes = value; break;
    case WorldFigure::WantedBalloonPages: vms_[vm.value()].figures.wantedBalloonPages = value; break;
    case WorldFigure::SwapTargetPages: vms_[vm.value()].figures.swapTargetPages = value; break;
    case WorldFigure::SampleMillionths: vms_[vm.value()].figures.sampleMillionths = value; break;
    case WorldFigure::SlowMillionths: vms_[vm.value()].figures.slowMillionths = value; break;
    case WorldFigure::FastMillionths: vms_[vm.value()].figures.fastMillionths = value; break;
    case WorldFigure::NextMillionths: vms_[vm.value()].figures.nextMillionths = value; break;
    case WorldFigure::HintPages: vms_[vm.value()].figures.hintPages = value; break;
    case WorldFigure::BalloonDriver: vms_[vm.value()].figures.balloonDriver = value != 0; break;
    case WorldFigure::HostTime: hostTime_ = VirtualTime(value); break;
    case WorldFigure::FreeState: host_.freeState = static_cast<FreeState>(value); break;
    case WorldFigure::ThresholdPages: host_.thresholdPages = value; break;
    case WorldFigure::Reclaiming: host_.reclaiming = value != 0; break;
    case WorldFigure::ReclaimReason: host_.reclaimReason = static_cast<ReclaimReason>(value); break;
    case WorldFigure::HighThreshold:
    case WorldFigure::ClearThreshold:
    case WorldFigure::SoftThreshold:
    case WorldFigure::HardThreshold:
    case WorldFigure::LowThreshold: host_.thresholds[thresholdAt(figure)] = value; break;
  }
}

std::string& WorldModel::text(VmId vm, WorldText text) {
  WorldVm& figures = vms_[vm.value()].figures;
  return text == WorldText::CrashText ? figures.crashText : figures.consoleLine;
}

// `step` is 1, or -1 to take the event back.
void WorldModel::count(EventKind kind, VmId vm, std::uint64_t step) {
  host_.events[indexOf(kind)] += step;
  if (vm != kNoVm) vms_[vm.value()].figures.events[indexOf(kind)] += step;
  sequence_ += step;
}

bool WorldModel::undo(WorldUndo& undo) {
  WorldUndo::Segment* segment = undo.newest();
  if (segment == nullptr) return false;
  for (;;) {
    const WorldUndo::Change change = segment->changes.back();
    segment->changes.pop_back();
    switch (change.what) {
      case WorldUndo::What::Event:
        count(static_cast<EventKind>(change.which), change.vm, ~std::uint64_t{0});
        --segment->events;
        return true;
      case WorldUndo::What::Page: setPage(change.vm, change.index, PageCell(change.old)); break;
      case WorldUndo::What::LargeMap: unmapLarge(change.vm, change.index, change.old); break;
      case WorldUndo::What::LargeBreak: setLarge(change.vm, change.index, 1); break;
      case WorldUndo::What::Frame: setFrame(change.index, FrameCell(change.old)); break;
      case WorldUndo::What::Figure: setFigure(change.vm, static_cast<WorldFigure>(change.which), change.old); break;
      case WorldUndo::What::Text:
        text(change.vm, static_cast<WorldText>(change.which)) = std::move(segment->texts.back());
        segment->texts.pop_back();
        break;
      case WorldUndo::What::Requested: host_.requested.pop_back(); break;
    }
  }
}

Result<void> WorldModel::checkLaws() const {
  // Each frame as the pages say it is used, against each frame as it is kept.
  std::vector<std::uint64_t> mapped(static_cast<std::size_t>(hostMemory_.value()));
  std::optional<Error> broken;
  const auto fail = [&](std::string text) {
    if (!broken) broken = Error{std::move(text)};
  };
  for (std::size_t v = 0; v < vms_.size(); ++v) {
    const Vm& owner = vms_[v];
    const VmId id(static_cast<std::uint16_t>(v));
    std::array<std::uint64_t, kPagePlaces> pages{};
    std::uint64_t slots = 0;
    owner.pages.forEach([&](std::uint64_t gfn, std::uint64_t raw) {
      const PageCell cell(raw);
      ++pages[at(cell.place())];
      if (cell.place() == PagePlace::Swapped && owner.slots.get(cell.number()) != gfn + 1) {
        fail(fmt::format("{} gfn {:#x} is swapped to slot {}, which holds another page", owner.name, gfn, cell.number()));
      }
      if (cell.place() == PagePlace::Zipped && cell.misplaced())
        fail(fmt::format("{} gfn {:#x} is zipped where no slot is", owner.name, gfn));
      if (cell.place() != PagePlace::Private && cell.place() != PagePlace::Shared && !cell.inStore()) return;
      const FrameCell frame(frames_.get(cell.number()));
      ++mapped[static_cast<std::size_t>(cell.number())];
      const FrameUse wanted = cell.place() == PagePlace::Private  ? FrameUse::Private
                              : cell.place() == PagePlace::Shared ? FrameUse::Shared
                                                                  : FrameUse::ZipStore;
      if (frame.use() != wanted || (wanted == FrameUse::Private && (frame.vm() != id || frame.number() != gfn))) {
        fail(fmt::format("{} gfn {:#x} is {}, but mfn {:#x} is not its frame", owner.name, gfn, nameOf(cell.place()), cell.number()));
      }
    });
    owner.slots.forEach([&](std::uint64_t, std::uint64_t) { ++slots; });
    std::uint64_t large = 0;
    owner.large.forEach([&](std::uint64_t region, std::uint64_t) {
      large += kLargePagePages;
      const std::uint64_t first = region * kLargePagePages, mfn = PageCell(owner.pages.get(first)).number();
      for (std::uint64_t i = 0; i < kLargePagePages; ++i) {
        const PageCell cell(owner.pages.get(first + i));
        if (cell.place() != PagePlace::Private || cell.number() != mfn + i)
          fail(fmt::format("{} gfn {:#x} is not where its large page is", owner.name, first + i));
      }
    });
    if (large != owner.figures.largePages) fail(fmt::format("the large pages of {} do not add up", owner.name));
    pages[at(PagePlace::Untouched)] = owner.memory;
    for (std::size_t place = 1; place < kPagePlaces; ++place) pages[at(PagePlace::Untouched)] -= pages[place];
    if (pages != owner.figures.pages || slots != pages[at(PagePlace::Swapped)])
      fail(fmt::format("the pages of {} do not add up", owner.name));
  }
  std::array<std::uint64_t, kFrameUses> frames{};
  for (std::uint64_t mfn = 0; mfn < hostMemory_.value(); ++mfn) {
    const FrameCell cell(frames_.get(mfn));
    ++frames[at(cell.use())];
    const std::uint64_t pages = mapped[static_cast<std::size_t>(mfn)];
    const std::uint64_t wanted = cell.use() == FrameUse::Private                                      ? 1
                                 : cell.use() == FrameUse::Shared || cell.use() == FrameUse::ZipStore ? cell.number()
                                                                                                      : 0;
    if (pages != wanted || (cell.use() == FrameUse::Shared && pages == 0)) {
      fail(fmt::format("mfn {:#x} is {} and has {} pages", mfn, nameOf(cell.use()), pages));
    }
  }
  if (frames != host_.frames) fail("the frames of the host do not add up");
  if (broken) return tl::unexpected(*broken);
  return {};
}

bool operator==(const WorldModel& a, const WorldModel& b) {
  return a.sequence_ == b.sequence_ && a.hostTime_ == b.hostTime_ && a.host_ == b.host_ && a.hostMemory_ == b.hostMemory_ &&
         a.frames_ == b.frames_ && a.vms_ == b.vms_;
}

}  // namespace overcommit

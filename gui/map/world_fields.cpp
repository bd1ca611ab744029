// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/world_fields.h"

#include <algorithm>
#include <array>

namespace overcommit::gui {
namespace {

// Kinds of events that change what a cell shows. Their counts only grow with the sequence number, so that equal counts mean equal cells.
constexpr std::array kPageKinds{EventKind::PowerOff, EventKind::FirstTouch, EventKind::Share,   EventKind::Break,    EventKind::Revert,
                                EventKind::Inflate,  EventKind::Deflate,    EventKind::Pop,     EventKind::Zip,      EventKind::Unzip,
                                EventKind::SwapOut,  EventKind::SwapIn,     EventKind::Discard, EventKind::LargeMap, EventKind::GuestFrame};
constexpr std::array kFrameKinds{EventKind::FirstTouch,   EventKind::Share,        EventKind::Break,        EventKind::Revert,
                                 EventKind::Inflate,      EventKind::Zip,          EventKind::Unzip,        EventKind::SwapOut,
                                 EventKind::SwapIn,       EventKind::Discard,      EventKind::OverheadTake, EventKind::OverheadGive,
                                 EventKind::ZipStoreTake, EventKind::ZipStoreGive, EventKind::LargeMap};

template <typename Kinds, typename Counts>
std::uint64_t countOf(const Kinds& kinds, const Counts& counts) {
  std::uint64_t sum = 0;
  for (const EventKind kind : kinds) sum += counts.at(kind);
  return sum;
}

CellState stateOf(PageCell page, Seat seat) {
  switch (seat) {
    case Seat::Application: return page.use() == GuestUse::User ? CellState::Private : CellState::Empty;
    case Seat::GuestOs: return cellStateOf(page.use());
    case Seat::Hypervisor: return cellStateOf(page.place());
    case Seat::AllKnowing:
      return page.place() == PagePlace::Private && page.use() == GuestUse::Free ? CellState::FreeHeld : cellStateOf(page.place());
  }
  return CellState::Empty;
}

}  // namespace

WorldFields::WorldFields(const WorldModel& world) : frames_(world.hostMemory().value()) {
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const std::uint64_t pages = world.memory(VmId(static_cast<std::uint16_t>(i))).value();
    vms_.push_back(Vm{CellField(pages), CellField(pages), std::nullopt});
  }
}

void WorldFields::update(const WorldModel& world, Seat seat, FieldFocus focus, Motion motion) {
  const bool sameSeat = seat_ == seat;
  seat_ = seat;
  const auto change = motion == Motion::Jumped || !sameSeat ? CellField::Change::Quiet : CellField::Change::Highlight;
  if (motion != Motion::Played) {
    for (Vm& vm : vms_) {
      vm.pages.clearHighlights();
      vm.slots.clearHighlights();
    }
    frames_.clearHighlights();
  }
  bool moved = focus_ != focus;
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    Vm& vm = vms_[i];
    const std::uint64_t count = countOf(kPageKinds, world.vm(id));
    if (vm.seen == count && sameSeat) continue;
    vm.seen = count;
    moved = true;
    world.forEachPage(id, [&](std::uint64_t gfn, PageCell page) { vm.pages.set(gfn, stateOf(page, seat), change); });
    world.forEachSlot(id,
                      [&](std::uint64_t slot, bool taken) { vm.slots.set(slot, taken ? CellState::Swapped : CellState::Empty, change); });
  }
  const std::uint64_t count = countOf(kFrameKinds, world.host());
  if (framesSeen_ != count) {
    framesSeen_ = count;
    moved = true;
    world.forEachFrame([&](std::uint64_t mfn, FrameCell frame) { frames_.set(mfn, cellStateOf(frame.use()), change); });
  }
  if (moved && (focus.vm || focus_.vm)) updateFocus(world, focus);
  focus_ = focus;
}

void WorldFields::updateFocus(const WorldModel& world, FieldFocus focus) {
  std::vector<bool> mine(frames_.size(), !focus.vm);
  if (focus.vm) {
    world.forEachPage(*focus.vm, [&](std::uint64_t, PageCell page) {
      const PagePlace place = page.place();
      const bool framed = place == PagePlace::Private || place == PagePlace::Shared || page.inStore();
      if (framed && page.number() < mine.size()) mine[page.number()] = true;
    });
    world.forEachFrame([&](std::uint64_t mfn, FrameCell frame) {
      if (frame.use() == FrameUse::Overhead && frame.vm() == *focus.vm) mine[mfn] = true;
    });
  }
  for (std::uint64_t i = 0; i < frames_.size(); ++i) frames_.setBack(i, !mine[i]);
}

void WorldFields::fade(unsigned frames) {
  for (Vm& vm : vms_) {
    vm.pages.fade(frames);
    vm.slots.fade(frames);
  }
  frames_.fade(frames);
}

bool WorldFields::highlighted() const {
  return frames_.highlighted() || std::ranges::any_of(vms_, [](const Vm& vm) { return vm.pages.highlighted() || vm.slots.highlighted(); });
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/world_fields.h"

#include <algorithm>

namespace overcommit::gui {
namespace {

constexpr CellState slotState(bool taken) { return taken ? CellState::Swapped : CellState::Empty; }

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
    vms_.push_back(Vm{CellField(pages), CellField(pages)});
  }
}

void WorldFields::update(const WorldModel& world, const WorldChanges& changes, Seat seat, FieldFocus focus, Motion motion,
                         const FieldLayer& layer) {
  const bool another = seat_ != seat || layer_ != layer.layer;
  const bool everything = changes.everything() || another;
  for (Vm& vm : vms_) {
    vm.pages.forgetChanges();
    vm.slots.forgetChanges();
  }
  frames_.forgetChanges();
  const auto change = motion == Motion::Jumped || another ? CellField::Change::Quiet : CellField::Change::Highlight;
  seat_ = seat;
  layer_ = layer.layer;
  if (motion != Motion::Played || another) {
    for (Vm& vm : vms_) {
      vm.pages.clearHighlights();
      vm.slots.clearHighlights();
    }
    frames_.clearHighlights();
  }
  if (everything) updateAll(world, seat, change);
  if (layer_ != MapLayer::State) {
    updateLayer(world, layer);
    if (!everything) {
      for (const auto [vm, slot] : changes.slots())
        vms_[vm.value()].slots.set(slot, slotState(world.swapSlot(vm, slot).has_value()), change);
    }
  } else if (!everything) {
    for (const auto [vm, gfn] : changes.pages()) vms_[vm.value()].pages.set(gfn, stateOf(world.pageCell(vm, gfn), seat), change);
    for (const auto [vm, slot] : changes.slots()) vms_[vm.value()].slots.set(slot, slotState(world.swapSlot(vm, slot).has_value()), change);
    for (const std::uint32_t mfn : changes.frames()) frames_.set(mfn, cellStateOf(world.frameCell(mfn).use()), change);
  }
  const bool moved = everything || !changes.empty() || focus_ != focus;
  if (moved && (focus.vm || focus_.vm)) updateFocus(world, focus);
  focus_ = focus;
}

// Time alone changes cells, so all are looked at; none is highlighted.
void WorldFields::updateLayer(const WorldModel& world, const FieldLayer& layer) {
  constexpr auto kQuiet = CellField::Change::Quiet;
  std::vector<VirtualTime> touched, moved;  // by frame: the latest of its pages
  const bool timed = layer.times != nullptr && (layer.layer == MapLayer::Heat || layer.layer == MapLayer::Age);
  if (timed) {
    touched.assign(frames_.size(), PageTimes::kNever);
    moved.assign(frames_.size(), PageTimes::kNever);
  }
  const auto later = [](VirtualTime& one, VirtualTime other) {
    if (other != PageTimes::kNever && (one == PageTimes::kNever || other > one)) one = other;
  };
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    world.forEachPage(id, [&](std::uint64_t gfn, PageCell page) {
      vms_[i].pages.set(gfn, pageCode(layer.layer, world, id, gfn, page, layer.times, layer.now), kQuiet);
      const bool framed = page.place() == PagePlace::Private || page.place() == PagePlace::Shared;
      if (!timed || !framed || i >= layer.times->vms.size()) return;
      const PageTimes::Vm& its = layer.times->vms[i];
      later(touched[page.number()], its.touched[gfn]);
      later(moved[page.number()], its.moved[gfn]);
    });
  }
  world.forEachFrame([&](std::uint64_t mfn, FrameCell frame) {
    frames_.set(mfn, frameCode(layer.layer, frame, timed ? touched[mfn] : layer.now, timed ? moved[mfn] : layer.now, layer.now), kQuiet);
  });
}

void WorldFields::updateAll(const WorldModel& world, Seat seat, CellField::Change change) {
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    Vm& vm = vms_[i];
    world.forEachPage(id, [&](std::uint64_t gfn, PageCell page) { vm.pages.set(gfn, stateOf(page, seat), change); });
    world.forEachSlot(id, [&](std::uint64_t slot, bool taken) { vm.slots.set(slot, slotState(taken), change); });
  }
  world.forEachFrame([&](std::uint64_t mfn, FrameCell frame) { frames_.set(mfn, cellStateOf(frame.use()), change); });
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

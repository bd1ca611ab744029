// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "gui/map/cell_field.h"
#include "gui/map/map_layer.h"
#include "gui/session/playback.h"
#include "gui/session/seat.h"
#include "trace/world.h"

namespace overcommit::gui {

// What is kept at full strength while the rest stands back: a VM, or nothing.
struct FieldFocus {
  std::optional<VmId> vm;
  friend bool operator==(const FieldFocus&, const FieldFocus&) = default;
};

// The layer to show, and what it needs beside the world.
struct FieldLayer {
  MapLayer layer = MapLayer::State;
  const PageTimes* times = nullptr;  // for Heat and Age; not kept
  VirtualTime now;
};

// The cells of every memory of a world: each VM's pages, the machine's frames, each swap file's slots.
class WorldFields {
 public:
  explicit WorldFields(const WorldModel& world);

  // Brings the cells to another instant of the same run; `changes`: what the world changed since the last instant.
  void update(const WorldModel& world, const WorldChanges& changes, Seat seat, FieldFocus focus, Motion motion,
              const FieldLayer& layer = {});
  // Highlights decay as so much time passes while playing.
  void fade(unsigned frames);
  [[nodiscard]] bool highlighted() const;

  [[nodiscard]] const CellField& pages(VmId vm) const { return vms_[vm.value()].pages; }
  [[nodiscard]] const CellField& slots(VmId vm) const { return vms_[vm.value()].slots; }
  [[nodiscard]] const CellField& frames() const { return frames_; }

 private:
  struct Vm {
    CellField pages, slots;
  };
  void updateLayer(const WorldModel& world, const FieldLayer& layer);
  void updateAll(const WorldModel& world, Seat seat, CellField::Change change);
  void updateFocus(const WorldModel& world, FieldFocus focus);

  std::vector<Vm> vms_;
  CellField frames_;
  std::optional<Seat> seat_;
  MapLayer layer_ = MapLayer::State;
  FieldFocus focus_;
};

}  // namespace overcommit::gui

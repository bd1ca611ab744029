// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <vector>

#include "gui/map/cell_state.h"
#include "trace/world.h"

namespace overcommit::gui {

// What the cells of a map tell. All but State need the seat of somebody who knows the machine.
enum class MapLayer : std::uint8_t {
  State,    // where a page is, what a frame is used for
  Heat,     // of private and shared pages: how long ago the guest was last seen to touch them
  Sharers,  // how many pages a page's frame holds for
  Age,      // how long a page has been where it is
  Owner,    // whose a page or frame is, of the first eight VMs
};
inline constexpr std::array kMapLayers{MapLayer::State, MapLayer::Heat, MapLayer::Sharers, MapLayer::Age, MapLayer::Owner};
QString nameOf(MapLayer layer);
// As options of the command line: "state", "heat", …
QString optionOf(MapLayer layer);

// Other layers give the four bits of a cell that hold its state other meanings.
constexpr CellState layerCode(unsigned code) { return static_cast<CellState>(code); }
inline constexpr std::size_t kLayerCodes = 16;
inline constexpr std::size_t kMostOwners = 8;

QRgb colourOf(MapLayer layer, CellState code, const Palette& palette);
// The order in which a sorted row stacks the codes; those that a layer has not are left out.
std::vector<CellState> stackedCodes(MapLayer layer);

// A line of the legend.
struct LayerKey {
  QRgb colour;
  QString name;
};
// `vms`: the names of the run's, for the owners.
std::vector<LayerKey> keysOf(MapLayer layer, const Palette& palette, const QStringList& vms);

// When each page of each VM was last seen to be touched by its guest, and when it came to be where it is, up to an event.
struct PageTimes {
  static constexpr VirtualTime kNever = VirtualTime(~std::uint64_t{0});
  struct Vm {
    std::vector<VirtualTime> touched, moved;  // by gfn; kNever: not yet
  };
  std::uint64_t sequence = 0;
  std::vector<Vm> vms;

  PageTimes() = default;
  explicit PageTimes(const TraceHeader& header);
  // The next event.
  void add(const Event& event);
};

// The code of a page, and of a frame, in a layer that is not State. `times` is for Heat and Age; without it all pages look alike.
CellState pageCode(MapLayer layer, const WorldModel& world, VmId vm, std::uint64_t gfn, PageCell page, const PageTimes* times,
                   VirtualTime now);
// `touched`, `moved`: the latest of the pages that it holds.
CellState frameCode(MapLayer layer, FrameCell frame, VirtualTime touched, VirtualTime moved, VirtualTime now);

}  // namespace overcommit::gui

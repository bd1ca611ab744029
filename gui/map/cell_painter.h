// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QImage>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "gui/map/cell_field.h"
#include "gui/map/cell_state.h"
#include "gui/map/map_geometry.h"
#include "gui/map/map_layer.h"
#include "gui/theme/palette.h"

namespace overcommit::gui {

// The colour of every cell byte: a look-up, so that a map of hundreds of thousands of cells is drawn in a few milliseconds.
class CellColours {
 public:
  // `ground`: between the cells, and what cells that stand back recede to.
  CellColours(const Palette& palette, QRgb ground, MapLayer layer = MapLayer::State);
  [[nodiscard]] QRgb of(Cell cell) const { return colours_[cell.raw()]; }
  [[nodiscard]] QRgb markOf(Cell cell) const { return marks_[cell.raw()]; }  // of its pattern
  [[nodiscard]] QRgb ground() const { return ground_; }
  // How a sorted row stacks what cells show, and whether cells carry marks.
  [[nodiscard]] const std::vector<CellState>& stack() const { return stack_; }
  [[nodiscard]] bool marks() const { return layer_ == MapLayer::State; }

 private:
  std::array<QRgb, 256> colours_{};
  std::array<QRgb, 256> marks_{};
  QRgb ground_;
  MapLayer layer_;
  std::vector<CellState> stack_;
};

// A map as an image in device pixels. Only rows with cells that changed since the last time are drawn again, so that a still world costs
// nothing, and no pixel changes when nothing changed.
class CellPainter {
 public:
  // Starts anew when geometry or colours are others than before.
  void setUp(const MapGeometry& geometry, const CellColours& colours);
  // Brings the image up to date with the field, always the same one after setUp(); says which part changed (empty: nothing).
  QRect draw(const CellField& field);
  [[nodiscard]] const QImage& image() const { return image_; }
  [[nodiscard]] const MapGeometry& geometry() const { return geometry_; }

 private:
  // A sorted row: of each state how many cells there are of each highlight, and which highlights there are: the upper bits of a raw cell.
  struct Row {
    std::array<std::array<std::uint32_t, 16>, kLayerCodes> counts{};
    std::array<std::uint16_t, kLayerCodes> present{};
    void add(Cell cell);
    void remove(Cell cell);
  };
  void drawByAddress(int row, const CellField& field);
  void drawSorted(int row);

  MapGeometry geometry_;
  std::optional<CellColours> colours_;
  QImage image_;
  std::vector<Row> rows_;              // sorted
  std::vector<std::uint8_t> stale_;    // of each row
  std::optional<std::uint64_t> seen_;  // changes of the field that are drawn; nothing: no cell is
};

}  // namespace overcommit::gui

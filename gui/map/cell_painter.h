// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QImage>
#include <array>
#include <span>
#include <vector>

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

// A map as an image in device pixels. Only rows that differ from what is drawn already are drawn again, so that a still world costs a
// comparison, and no pixel changes when nothing changed.
class CellPainter {
 public:
  // Starts anew when geometry or colours are others than before.
  void setUp(const MapGeometry& geometry, const CellColours& colours);
  // Brings the image up to date; says which part changed (empty: nothing).
  QRect draw(std::span<const Cell> cells);
  [[nodiscard]] const QImage& image() const { return image_; }
  [[nodiscard]] const MapGeometry& geometry() const { return geometry_; }

 private:
  void drawByAddress(int row, std::span<const Cell> cells);
  void countAnew(int row, std::span<const Cell> cells, std::span<const Cell> drawn);
  void drawSorted(int row);

  MapGeometry geometry_;
  std::optional<CellColours> colours_;
  QImage image_;
  std::vector<Cell> drawn_;
  std::vector<std::array<std::uint32_t, 256>> counts_;  // sorted: of each row drawn, by raw cell
  bool fresh_ = true;
};

}  // namespace overcommit::gui

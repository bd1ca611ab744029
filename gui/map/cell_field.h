// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gui/map/cell_state.h"

namespace overcommit::gui {

// The cells of one memory: what each shows. A cell that changes is highlighted, and the highlight decays with a half-life of 400 ms of
// playing time; while nothing plays it stays.
class CellField {
 public:
  explicit CellField(std::uint64_t cells) : cells_(cells), born_(cells) {}

  [[nodiscard]] std::uint64_t size() const { return cells_.size(); }
  [[nodiscard]] Cell at(std::uint64_t index) const { return cells_[index]; }
  [[nodiscard]] std::span<const Cell> cells() const { return cells_; }
  [[nodiscard]] bool highlighted() const { return !lit_.empty(); }

  enum class Change : std::uint8_t { Highlight, Quiet };
  void set(std::uint64_t index, CellState state, Change change) {
    Cell& cell = cells_[index];
    if (cell.state() == state) [[likely]]
      return;
    if (change == Change::Highlight) {
      if (cell.highlight() == 0 || born_[index] != clock_) light(index);
      cell = Cell(state, kFullHighlight, cell.back());
    } else {
      cell = Cell(state, cell.highlight(), cell.back());
    }
  }
  void setBack(std::uint64_t index, bool back) { cells_[index] = Cell(cells_[index].state(), cells_[index].highlight(), back); }

  // So many frames of playing time (16 ms each) go by.
  void fade(unsigned frames);
  void clearHighlights();

 private:
  // Highlights that began in the same frame, and so change together. A cell that was lit again since belongs to a later one: see born_.
  struct Generation {
    std::uint8_t born = 0;
    unsigned level = 0;
    std::vector<std::uint32_t> cells;
  };
  void light(std::uint64_t index);

  std::vector<Cell> cells_;
  std::vector<std::uint8_t> born_;  // clock_ when the highlight began
  std::vector<Generation> lit_;     // in the order of their beginning
  std::uint8_t clock_ = 0;          // frames; wraps long after a highlight has gone
};

}  // namespace overcommit::gui

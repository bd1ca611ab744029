// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gui/map/cell_state.h"

namespace overcommit::gui {

// The cells of one memory: what each shows. A cell that changes is highlighted, and the highlight decays with a half-life of 400 ms of
// playing time; while nothing plays it stays. Every change is kept for a while, so that a picture of the cells goes on from the last one.
class CellField {
 public:
  struct Changed {
    std::uint32_t index;
    Cell before, after;
  };

  explicit CellField(std::uint64_t cells) : cells_(cells) {}

  [[nodiscard]] std::uint64_t size() const { return cells_.size(); }
  [[nodiscard]] Cell at(std::uint64_t index) const { return cells_[index].cell; }
  [[nodiscard]] bool highlighted() const { return litCells_ > 0; }

  // How many changes there were; those after the first `seen` of them, or nothing if they are not kept any more.
  [[nodiscard]] std::uint64_t changes() const { return forgotten_ + changed_.size(); }
  [[nodiscard]] std::optional<std::span<const Changed>> changesAfter(std::uint64_t seen) const {
    if (seen < forgotten_ || seen > changes()) return std::nullopt;
    return std::span(changed_).subspan(static_cast<std::size_t>(seen - forgotten_));
  }
  // Called when pictures have seen what they want to see.
  void forgetChanges() {
    forgotten_ += changed_.size();
    changed_.clear();
  }

  enum class Change : std::uint8_t { Highlight, Quiet };
  void set(std::uint64_t index, CellState state, Change change) {
    const Cell cell = at(index);
    if (cell.state() == state) [[likely]]
      return;
    if (change == Change::Highlight) {
      if (cell.highlight() == 0 || cells_[index].born != clock_) light(index);
      put(index, Cell(state, kFullHighlight, cell.back()));
    } else {
      put(index, Cell(state, cell.highlight(), cell.back()));
    }
  }
  void setBack(std::uint64_t index, bool back) { put(index, Cell(at(index).state(), at(index).highlight(), back)); }

  // So many frames of playing time (16 ms each) go by.
  void fade(unsigned frames);
  void clearHighlights();

 private:
  static constexpr std::size_t kGenerations = 128;
  struct Kept {
    Cell cell;
    std::uint8_t born = 0;  // clock_ when the highlight began
  };
  void light(std::uint64_t index);
  [[nodiscard]] std::vector<std::uint32_t>& litAt(std::uint8_t clock) { return lit_[clock % kGenerations]; }
  void put(std::uint64_t index, Cell cell) {
    const Cell before = at(index);
    if (before == cell) return;
    // More than a fraction of all is quicker looked at as a whole.
    if (changed_.size() > cells_.size() / 4) forgetChanges();
    changed_.push_back({static_cast<std::uint32_t>(index), before, cell});
    cells_[index].cell = cell;
  }

  std::vector<Kept> cells_;
  // Of the frames of the last two seconds, by clock_, the cells whose highlight began then. One that was lit again since belongs to a later
  // frame: see Kept.
  std::vector<std::vector<std::uint32_t>> lit_ = std::vector<std::vector<std::uint32_t>>(kGenerations);
  std::size_t litCells_ = 0;
  std::uint8_t clock_ = 0;  // frames; wraps long after a highlight has gone
  std::vector<Changed> changed_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace overcommit::gui

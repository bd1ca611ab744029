// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/cell_field.h"

#include <algorithm>
#include <array>

namespace overcommit::gui {
namespace {

// The highlight by age in frames of 16 ms: half after 25 (400 ms), gone after 96.
constexpr std::size_t kLongestHighlight = 96;
constexpr std::array<std::uint8_t, kLongestHighlight> kDecay = [] {
  std::array<std::uint8_t, kLongestHighlight> levels{};
  double strength = kFullHighlight + 0.001;  // so that the half is not rounded down
  for (std::uint8_t& level : levels) {
    level = static_cast<std::uint8_t>(strength + 0.5);  // NOLINT(bugprone-incorrect-roundings): std::lround is not constexpr
    strength *= 0.97265494741228;                       // 2 ^ (-1/25)
  }
  return levels;
}();
static_assert(kDecay[0] == kFullHighlight && kDecay[25] == 4 && kDecay[95] == 1);

struct Step {
  std::uint8_t age;  // frames
  std::uint8_t level;
};
constexpr std::size_t kAhead = 16;  // cells
// The ages at which a highlight becomes fainter.
constexpr std::array<Step, kFullHighlight> kSteps = [] {
  std::array<Step, kFullHighlight> steps{};
  std::size_t count = 0;
  for (std::size_t age = 1; age < kLongestHighlight; ++age) {
    if (kDecay[age] != kDecay[age - 1]) steps[count++] = {static_cast<std::uint8_t>(age), kDecay[age]};
  }
  steps[count] = {kLongestHighlight, 0};
  return steps;
}();
static_assert(kSteps.back().level == 0 && kSteps.front().level == kFullHighlight - 1);

}  // namespace

void CellField::light(std::uint64_t index) {
  litAt(clock_).push_back(static_cast<std::uint32_t>(index));
  ++litCells_;
  cells_[index].born = clock_;
}

void CellField::fade(unsigned frames) {
  static_assert(kLongestHighlight < kGenerations);
  if (frames >= kLongestHighlight) return clearHighlights();
  for (; frames > 0; --frames) {
    ++clock_;
    if (litCells_ == 0) continue;
    for (const Step& step : kSteps) {
      const auto born = static_cast<std::uint8_t>(clock_ - step.age);
      auto& lit = litAt(born);
      for (std::size_t i = 0; i < lit.size(); ++i) {
        // Cells that changed together lie far apart.
        if (i + kAhead < lit.size()) __builtin_prefetch(&cells_[lit[i + kAhead]], 1);
        const std::uint32_t index = lit[i];
        const Kept& kept = cells_[index];
        if (kept.born == born) put(index, Cell(kept.cell.state(), step.level, kept.cell.back()));
      }
      if (step.level != 0) continue;
      litCells_ -= lit.size();
      lit.clear();
    }
  }
}

void CellField::clearHighlights() {
  if (litCells_ == 0) return;
  for (auto& lit : lit_) {
    for (const std::uint32_t index : lit) put(index, Cell(at(index).state(), 0, at(index).back()));
    lit.clear();
  }
  litCells_ = 0;
}

}  // namespace overcommit::gui

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

}  // namespace

void CellField::light(std::uint64_t index) {
  if (lit_.empty() || lit_.back().born != clock_) lit_.push_back({clock_, kFullHighlight, {}});
  lit_.back().cells.push_back(static_cast<std::uint32_t>(index));
  born_[index] = clock_;
}

void CellField::fade(unsigned frames) {
  if (frames == 0) return;
  if (frames >= kLongestHighlight) return clearHighlights();
  clock_ = static_cast<std::uint8_t>(clock_ + frames);
  std::erase_if(lit_, [this](Generation& generation) {
    const std::uint8_t age = static_cast<std::uint8_t>(clock_ - generation.born);
    const unsigned level = age < kDecay.size() ? kDecay[age] : 0;
    if (level == generation.level) return false;
    generation.level = level;
    for (const std::uint32_t index : generation.cells) {
      Cell& cell = cells_[index];
      if (born_[index] == generation.born) cell = Cell(cell.state(), level, cell.back());
    }
    return level == 0;
  });
}

void CellField::clearHighlights() {
  for (const Generation& generation : lit_) {
    for (const std::uint32_t index : generation.cells) cells_[index] = Cell(cells_[index].state(), 0, cells_[index].back());
  }
  lit_.clear();
}

}  // namespace overcommit::gui

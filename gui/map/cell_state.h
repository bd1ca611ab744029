// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <cstdint>

#include "gui/theme/palette.h"
#include "trace/place.h"

namespace overcommit::gui {

// What a cell of a map shows, in the order in which a sorted row stacks them.
enum class CellState : std::uint8_t {
  Overhead,
  Private,
  FreeHeld,  // private, although the guest has freed it: what only the all-knowing seat sees
  Cache,     // the guest's page cache, in the guest's own seat
  Shared,
  Zipped,
  Ballooned,
  Swapped,
  Empty,
};
inline constexpr std::size_t kCellStates = 9;

constexpr CellState cellStateOf(PagePlace place) {
  switch (place) {
    case PagePlace::Untouched: return CellState::Empty;
    case PagePlace::Private: return CellState::Private;
    case PagePlace::Shared: return CellState::Shared;
    case PagePlace::Ballooned: return CellState::Ballooned;
    case PagePlace::Zipped: return CellState::Zipped;
    case PagePlace::Swapped: return CellState::Swapped;
  }
  return CellState::Empty;
}

constexpr CellState cellStateOf(FrameUse use) {
  switch (use) {
    case FrameUse::Free: return CellState::Empty;
    case FrameUse::Private: return CellState::Private;
    case FrameUse::Shared: return CellState::Shared;
    case FrameUse::ZipStore: return CellState::Zipped;
    case FrameUse::Overhead: return CellState::Overhead;
  }
  return CellState::Empty;
}

constexpr CellState cellStateOf(GuestUse use) {
  switch (use) {
    case GuestUse::Free:
    case GuestUse::Unknown: return CellState::Empty;
    case GuestUse::Kernel:
    case GuestUse::Table: return CellState::Overhead;
    case GuestUse::Cache: return CellState::Cache;
    case GuestUse::User: return CellState::Private;
    case GuestUse::Balloon: return CellState::Ballooned;
  }
  return CellState::Empty;
}

// The colour of a state that has one of its own; FreeHeld and Cache are private pages, half-way to empty.
constexpr Hue hueOf(CellState state) {
  switch (state) {
    case CellState::Overhead: return Hue::Overhead;
    case CellState::Private:
    case CellState::FreeHeld:
    case CellState::Cache: return Hue::Private;
    case CellState::Shared: return Hue::Shared;
    case CellState::Zipped: return Hue::Zipped;
    case CellState::Ballooned: return Hue::Ballooned;
    case CellState::Swapped: return Hue::Swapped;
    case CellState::Empty: return Hue::Empty;
  }
  return Hue::Empty;
}
QRgb colourOf(CellState state, const Palette& palette);

// One byte a cell: its state, how much of the highlight of its last change is left, and whether it stands back behind a selection.
//   0..3 CellState, or the code of another layer (gui/map/map_layer.h)     4..6 highlight     7 stands back
class Cell {
 public:
  constexpr Cell() = default;
  constexpr explicit Cell(std::uint8_t raw) : raw_(raw) {}
  constexpr Cell(CellState state, unsigned highlight, bool back)
      : raw_(static_cast<std::uint8_t>(static_cast<unsigned>(state) | highlight << 4 | (back ? 0x80u : 0u))) {}
  [[nodiscard]] constexpr CellState state() const { return static_cast<CellState>(raw_ & 0x0f); }
  [[nodiscard]] constexpr unsigned highlight() const { return (raw_ >> 4) & 7u; }
  [[nodiscard]] constexpr bool back() const { return (raw_ & 0x80) != 0; }
  [[nodiscard]] constexpr std::uint8_t raw() const { return raw_; }
  friend constexpr bool operator==(Cell, Cell) = default;

 private:
  std::uint8_t raw_ = static_cast<std::uint8_t>(CellState::Empty);
};
inline constexpr unsigned kFullHighlight = 7;
static_assert(sizeof(Cell) == 1);

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QColor>
#include <array>
#include <cstdint>

namespace overcommit::gui {

// The colours of the app. The first seven are those of memory, one a state, the same on every floor, gate, plot and table, and in the
// order in which they are stacked (CellState).
enum class Hue : std::uint8_t {
  Overhead,
  Private,
  Shared,
  Zipped,
  Ballooned,
  Swapped,
  Empty,
  Accent,
  Ground,  // behind maps, plots and text
  Panel,   // docks and cards
  Text,
  Dim,  // text of second rank
};
inline constexpr std::size_t kHues = 12;
inline constexpr std::size_t kMemoryHues = 7;

enum class Shade : std::uint8_t { Light, Dark };

// Any two memory colours of a palette are at least 20 apart (CIEDE2000) for normal, protan, deutan and tritan vision; text has a contrast
// of at least 4.5 on its grounds: tests/gui/palette_test.cpp computes both.
class Palette {
 public:
  constexpr explicit Palette(std::array<QRgb, kHues> colours) : colours_(colours) {}
  [[nodiscard]] constexpr QRgb at(Hue hue) const { return colours_[static_cast<std::size_t>(hue)]; }

 private:
  std::array<QRgb, kHues> colours_;
};
const Palette& paletteOf(Shade shade);

// `parts` of 256 of `over` laid on `under`.
QRgb mixed(QRgb under, QRgb over, unsigned parts);

// WCAG 2: relative luminance, and the contrast of two colours, 1 to 21.
double luminanceOf(QRgb colour);
double contrastOf(QRgb a, QRgb b);

// Near black or white, whichever reads better on `ground`.
QRgb readableOn(QRgb ground);

}  // namespace overcommit::gui

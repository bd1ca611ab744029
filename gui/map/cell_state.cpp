// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/map/cell_state.h"

namespace overcommit::gui {

QRgb colourOf(CellState state, const Palette& palette) {
  const QRgb own = palette.at(hueOf(state));
  const bool half = state == CellState::FreeHeld || state == CellState::Cache;
  return half ? mixed(own, palette.at(Hue::Empty), 140) : own;
}

}  // namespace overcommit::gui

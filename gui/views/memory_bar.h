// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPainter>
#include <QRect>
#include <vector>

#include "gui/map/cell_state.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// A memory as one bar: so many pages of each state, in the order given.
struct BarPart {
  CellState state;
  std::uint64_t pages;
  QString name;  // of its label, where that has room: "private"
};
enum class BarLabels : std::uint8_t { None, WhereWide };
void paintMemoryBar(QPainter& painter, const QRect& rect, const std::vector<BarPart>& parts, const Theme& theme, BarLabels labels);
// Where each of them is; what is there at all is at least one pixel wide.
std::vector<QRect> barSegments(const QRect& rect, const std::vector<BarPart>& parts);
// Where the page with this number of the bar would be, in px from its left.
int barPosition(const QRect& rect, std::uint64_t pages, std::uint64_t all);

}  // namespace overcommit::gui

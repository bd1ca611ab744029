// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <functional>
#include <vector>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// The docks of the window. A panel is added by writing it (gui/panels) and giving it a line here: View menu, command palette, session,
// --panel and help follow.
struct PanelEntry {
  enum class Place : std::uint8_t { Left, RightTop, Right, Bottom, BottomTabs };
  QString id;  // object name of the panel, and what --panel takes
  QString title;
  Place place;
  bool shownAtFirst;
  std::function<Panel*(const PanelContext&)> make;
};
std::vector<PanelEntry> panelTable();

}  // namespace overcommit::gui

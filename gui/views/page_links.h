// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPolygon>
#include <QWidget>
#include <vector>

#include "gui/theme/theme.h"

namespace overcommit::gui {

// Over the floors, and transparent to the mouse: lines from the selected page through the gate by which it went to the frame or the slot
// where it is. So one page's way can be seen.
class PageLinks final : public QWidget {
 public:
  PageLinks(const Theme& theme, QWidget* parent);
  // Lines in the coordinates of the parent, which this covers.
  void show(std::vector<QPolygon> lines);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  std::vector<QPolygon> lines_;
};

}  // namespace overcommit::gui

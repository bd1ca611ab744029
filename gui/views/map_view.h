// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPainter>
#include <QRect>
#include <optional>

#include "gui/map/cell_field.h"
#include "gui/map/cell_painter.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// A map at its place in a widget: geometry and image are in device pixels, everything else is not.
class MapView {
 public:
  // Lays the map out in `rect`, whose top left corner it keeps; rect() is what it takes.
  void layOut(const QRect& rect, std::uint64_t pages, MapOrder order, double ratio, const Theme& theme, Hue ground,
              MapLayer layer = MapLayer::State);
  // Brings the image up to date; returns the part of the widget that changed.
  QRect update(const CellField& field);
  void paint(QPainter& painter, const QRegion& exposed) const;

  [[nodiscard]] QRect rect() const { return rect_; }
  // Whether the map alone fills a part of its widget, so that nothing need be painted below it.
  [[nodiscard]] bool covers(const QRect& part) const { return whole_.contains(part); }
  [[nodiscard]] const MapGeometry& geometry() const { return painter_.geometry(); }
  [[nodiscard]] std::optional<std::uint64_t> pageAt(QPoint point) const;
  // The cell of a page, or its row.
  [[nodiscard]] QRect rectOf(std::uint64_t page) const;
  // How many pages on an arrow key leads; 0: it is no arrow.
  [[nodiscard]] std::int64_t stepOf(int key) const;
  // Frames the page's cell in the accent; in a sorted map it marks the row on both sides.
  void paintMarker(QPainter& painter, std::uint64_t page, const Theme& theme) const;

 private:
  CellPainter painter_;
  QRect rect_;
  QRect whole_;  // without what it fills only in part
  double ratio_ = 1;
};

}  // namespace overcommit::gui

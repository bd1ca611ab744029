// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/map_view.h"

#include <cmath>

namespace overcommit::gui {

void MapView::layOut(const QRect& rect, std::uint64_t pages, MapOrder order, double ratio, const Theme& theme, Hue ground, MapLayer layer) {
  ratio_ = ratio;
  const QSize device(static_cast<int>(std::floor(rect.width() * ratio)), static_cast<int>(std::floor(rect.height() * ratio)));
  const MapGeometry geometry(pages, device, order);
  painter_.setUp(geometry, CellColours(theme.palette(), theme.rgb(ground), layer));
  rect_ = QRect(rect.topLeft(), QSize(static_cast<int>(std::ceil(geometry.size().width() / ratio)),
                                      static_cast<int>(std::ceil(geometry.size().height() / ratio))));
  whole_ =
      QRect(rect.topLeft(), QSize(static_cast<int>(geometry.size().width() / ratio), static_cast<int>(geometry.size().height() / ratio)));
}

QRect MapView::update(const CellField& field) {
  const QRect changed = painter_.draw(field);
  if (changed.isEmpty()) return {};
  const int top = rect_.top() + static_cast<int>(std::floor(changed.top() / ratio_));
  const int bottom = rect_.top() + static_cast<int>(std::ceil((changed.bottom() + 1) / ratio_));
  return {rect_.left(), top, rect_.width(), bottom - top};
}

void MapView::paint(QPainter& painter, const QRegion& exposed) const {
  if (geometry().rows() == 0 || !exposed.intersects(rect_)) return;
  const QRect part = rect_.intersected(exposed.boundingRect());
  const QRectF source(QPointF(part.topLeft() - rect_.topLeft()) * ratio_, QSizeF(part.size()) * ratio_);
  painter.drawImage(QRectF(part), painter_.image(), source);
}

std::optional<std::uint64_t> MapView::pageAt(QPoint point) const {
  if (!rect_.contains(point)) return std::nullopt;
  const QPointF at = QPointF(point - rect_.topLeft()) * ratio_;
  return geometry().pageAt(QPoint(static_cast<int>(at.x()), static_cast<int>(at.y())));
}

QRect MapView::rectOf(std::uint64_t page) const {
  const QRect device = geometry().rectOf(page);
  if (device.isEmpty()) return {};
  const QRectF at(QPointF(device.topLeft()) / ratio_ + QPointF(rect_.topLeft()), QSizeF(device.size()) / ratio_);
  return at.toAlignedRect();
}

void MapView::paintMarker(QPainter& painter, std::uint64_t page, const Theme& theme) const {
  const QRect at = rectOf(page);
  if (at.isEmpty()) return;
  const QColor accent = theme.colour(Hue::Accent);
  if (geometry().sorted()) {
    const int middle = at.center().y();
    const int size = theme.px(5);
    painter.setPen(Qt::NoPen);
    painter.setBrush(accent);
    const QPoint left(rect_.left(), middle), right(rect_.right() + 1, middle);
    painter.drawPolygon(QPolygon({left + QPoint(-size, -size), left, left + QPoint(-size, size)}));
    painter.drawPolygon(QPolygon({right + QPoint(size, -size), right, right + QPoint(size, size)}));
    return;
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme.colour(Hue::Ground), 4));
  painter.drawRect(at.adjusted(-2, -2, 1, 1));
  painter.setPen(QPen(accent, 2));
  painter.drawRect(at.adjusted(-2, -2, 1, 1));
}

std::int64_t MapView::stepOf(int key) const {
  const auto row = static_cast<std::int64_t>(geometry().pagesPerRow());
  switch (key) {
    case Qt::Key_Left: return -1;
    case Qt::Key_Right: return 1;
    case Qt::Key_Up: return -row;
    case Qt::Key_Down: return row;
    default: return 0;
  }
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/loupe.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

namespace overcommit::gui {

Loupe::Loupe(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName(QStringLiteral("loupe"));
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
  hide();
}

void Loupe::show(const CellField& field, std::uint64_t page, MapLayer layer, QPoint point, const QString& what) {
  const std::uint64_t count = std::min(kSide * kSide, field.size());
  page_ = page;
  layer_ = layer;
  what_ = what;
  // The page in the middle, as far as there are pages on both sides.
  const std::uint64_t before = std::min(page, kSide * kSide / 2);
  first_ = std::min(page - before, field.size() - count);
  cells_.clear();
  for (std::uint64_t i = 0; i < count; ++i) cells_.push_back(field.at(first_ + i));
  const int text = QFontMetrics(theme_.font(FontRole::Chip)).height() + theme_.px(6);
  const QSize size(static_cast<int>(kSide) * side() + theme_.px(8), static_cast<int>(kSide) * side() + theme_.px(8) + text);
  const int away = theme_.px(18);
  QPoint at = point + QPoint(away, away);
  if (at.x() + size.width() > parentWidget()->width()) at.setX(point.x() - away - size.width());
  if (at.y() + size.height() > parentWidget()->height()) at.setY(std::max(parentWidget()->height() - size.height(), 0));
  setGeometry(QRect(QPoint(std::max(at.x(), 0), std::max(at.y(), 0)), size));
  raise();
  QWidget::show();
  update();
}

void Loupe::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme_.colour(Hue::Ground));
  const CellColours colours(theme_.palette(), theme_.rgb(Hue::Ground), layer_);
  const int margin = theme_.px(4);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const int x = margin + static_cast<int>(i % kSide) * side(), y = margin + static_cast<int>(i / kSide) * side();
    painter.fillRect(QRect(x, y, side() - 1, side() - 1), QColor::fromRgb(colours.of(cells_[i])));
  }
  painter.setBrush(Qt::NoBrush);
  const auto at = static_cast<std::size_t>(page_ - first_);
  painter.setPen(QPen(theme_.colour(Hue::Accent), 2));
  painter.drawRect(QRect(margin + static_cast<int>(at % kSide) * side() - 1, margin + static_cast<int>(at / kSide) * side() - 1, side() + 1,
                         side() + 1));
  painter.drawRect(rect().adjusted(1, 1, -1, -1));
  painter.setFont(theme_.font(FontRole::Chip));
  painter.setPen(theme_.colour(Hue::Text));
  const int top = margin + static_cast<int>(kSide) * side();
  painter.drawText(QRect(margin + 2, top, width() - 2 * margin, height() - top - margin), Qt::AlignLeft | Qt::AlignVCenter,
                   QFontMetrics(theme_.font(FontRole::Chip)).elidedText(what_, Qt::ElideRight, width() - 2 * margin));
}

}  // namespace overcommit::gui

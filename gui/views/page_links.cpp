// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/page_links.h"

#include <QPainter>

namespace overcommit::gui {

PageLinks::PageLinks(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName(QStringLiteral("pageLinks"));
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
  hide();
}

void PageLinks::show(std::vector<QPolygon> lines) {
  if (lines == lines_ && isVisible() == !lines.empty()) return;
  lines_ = std::move(lines);
  setVisible(!lines_.empty());
  raise();
  update();
}

void PageLinks::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  for (const auto& [colour, width] :
       {std::pair(theme_.colour(Hue::Ground), theme_.px(5)), std::pair(theme_.colour(Hue::Accent), theme_.px(2))}) {
    painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    for (const QPolygon& line : lines_) painter.drawPolyline(line);
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme_.colour(Hue::Accent));
  const int dot = theme_.px(4);
  for (const QPolygon& line : lines_) {
    if (!line.isEmpty()) painter.drawEllipse(line.last(), dot, dot);
  }
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/picture.h"

#include <QFontMetrics>
#include <QPainter>

namespace overcommit::gui {

Picture::Picture(const Theme& theme, const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent), theme_(theme) {
  setObjectName(objectName);
  setAccessibleName(accessibleName);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
}

int Picture::paintHeading(QPainter& painter, QRect line, const QString& heading, const QString& words, const QString& atRight) const {
  const QFont strong = theme_.font(FontRole::Strong), small = theme_.font(FontRole::Small);
  const int gap = theme_.px(10);
  painter.setFont(strong);
  painter.setPen(theme_.colour(Hue::Text));
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, heading);
  const int begin = line.left() + QFontMetrics(strong).horizontalAdvance(heading) + gap;
  painter.setFont(small);
  painter.setPen(theme_.colour(Hue::Dim));
  const QFontMetrics metrics(small);
  int right = line.right();
  const int wordsWidth = metrics.horizontalAdvance(words), rightWidth = metrics.horizontalAdvance(atRight);
  // Where both do not fit the one at the right goes: it is also in the tool tips.
  if (!atRight.isEmpty() && begin + wordsWidth + gap + rightWidth <= line.right()) {
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, atRight);
    right -= rightWidth + gap;
  }
  const QRect rest(begin, line.top(), std::max(right - begin, 0), line.height());
  painter.drawText(rest, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(words, Qt::ElideRight, rest.width()));
  return begin + wordsWidth;
}

}  // namespace overcommit::gui

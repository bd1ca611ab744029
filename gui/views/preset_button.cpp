// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/preset_button.h"

#include <QFontMetrics>
#include <QPainter>

#include "gui/theme/icons.h"

namespace overcommit::gui {

PresetButton::PresetButton(const Theme& theme, const QString& title, const QString& about, QWidget* parent)
    : QAbstractButton(parent), theme_(theme), about_(about) {
  setText(title);
  setAccessibleName(title);
  setAccessibleDescription(about);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

// A title, and two lines of the sentence.
QSize PresetButton::sizeHint() const {
  const int height = QFontMetrics(theme_.font(FontRole::Strong)).height() + 2 * QFontMetrics(theme_.font(FontRole::Small)).height();
  return {theme_.px(360), height + theme_.px(18)};
}

void PresetButton::enterEvent(QEnterEvent* event) {
  QAbstractButton::enterEvent(event);
  update();
}

void PresetButton::leaveEvent(QEvent* event) {
  QAbstractButton::leaveEvent(event);
  update();
}

void PresetButton::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const bool over = underMouse() && isEnabled();
  painter.setPen(QPen(hasFocus() || over ? theme_.colour(Hue::Accent) : theme_.line(), hasFocus() ? 2 : 1));
  painter.setBrush(isDown() ? theme_.line() : theme_.colour(Hue::Panel));
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
  const int pad = theme_.px(12), side = theme_.px(20);
  iconOf(Glyph::Play, theme_)
      .paint(&painter, QRect(pad, (height() - side) / 2, side, side), Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
  const QRect text = rect().adjusted(pad + side + pad, theme_.px(8), -pad, -theme_.px(8));
  const QFont strong = theme_.font(FontRole::Strong), small = theme_.font(FontRole::Small);
  const int titleHeight = QFontMetrics(strong).height();
  painter.setFont(strong);
  painter.setPen(theme_.colour(isEnabled() ? Hue::Text : Hue::Dim));
  painter.drawText(QRect(text.left(), text.top(), text.width(), titleHeight), Qt::AlignLeft | Qt::AlignVCenter, this->text());
  painter.setFont(small);
  painter.setPen(theme_.colour(Hue::Dim));
  painter.drawText(QRect(text.left(), text.top() + titleHeight, text.width(), text.height() - titleHeight),
                   Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, about_);
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/theme/icons.h"

#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

namespace overcommit::gui {
namespace {

// In a square of 16.
void addTriangle(QPainterPath& path, double left, double right) {
  path.moveTo(left, 2.5);
  path.lineTo(right, 8);
  path.lineTo(left, 13.5);
  path.closeSubpath();
}

QPainterPath pathOf(Glyph glyph) {
  QPainterPath path;
  switch (glyph) {
    case Glyph::First:
      path.addRect(2, 2.5, 2, 11);
      addTriangle(path, 14, 5);
      break;
    case Glyph::Last:
      path.addRect(12, 2.5, 2, 11);
      addTriangle(path, 2, 11);
      break;
    case Glyph::Play: addTriangle(path, 3.5, 13.5); break;
    case Glyph::PlayBack: addTriangle(path, 12.5, 2.5); break;
    case Glyph::Pause:
      path.addRect(3.5, 2.5, 3, 11);
      path.addRect(9.5, 2.5, 3, 11);
      break;
    case Glyph::StepOn:
      path.addRect(3, 2.5, 2, 11);
      addTriangle(path, 7, 14);
      break;
    case Glyph::StepBack:
      path.addRect(11, 2.5, 2, 11);
      addTriangle(path, 9, 2);
      break;
    case Glyph::Open:
      path.addRect(1.5, 4, 13, 9);
      path.addRect(1.5, 2.5, 5, 1.5);
      break;
    case Glyph::Search:
      path.addEllipse(QPointF(6.5, 6.5), 4.5, 4.5);
      path.addEllipse(QPointF(6.5, 6.5), 2.8, 2.8);
      path.moveTo(9.5, 10.5);
      path.lineTo(10.5, 9.5);
      path.lineTo(14.5, 13.5);
      path.lineTo(13.5, 14.5);
      path.closeSubpath();
      break;
  }
  return path;
}

}  // namespace

QIcon iconOf(Glyph glyph, const Theme& theme) {
  QIcon icon;
  const QPainterPath path = pathOf(glyph);
  for (const int size : {16, 24, 32, 48}) {
    for (const bool enabled : {true, false}) {
      QPixmap pixmap(size, size);
      pixmap.fill(Qt::transparent);
      QPainter painter(&pixmap);
      painter.setRenderHint(QPainter::Antialiasing);
      painter.scale(size / 16.0, size / 16.0);
      const QRgb colour = enabled ? theme.rgb(Hue::Text) : mixed(theme.rgb(Hue::Dim), theme.rgb(Hue::Panel), 120);
      painter.fillPath(path, QColor::fromRgb(colour));
      painter.end();
      icon.addPixmap(pixmap, enabled ? QIcon::Normal : QIcon::Disabled);
    }
  }
  return icon;
}

QIcon programIcon() {
  const Palette& palette = paletteOf(Shade::Light);
  QIcon icon;
  for (const int size : {16, 32, 48, 64, 128, 256}) {
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.scale(size / 16.0, size / 16.0);
    const auto floor = [&](double top, std::initializer_list<Hue> hues) {
      double left = 1;
      for (const Hue hue : hues) {
        painter.fillRect(QRectF(left, top, 3, 3.4), QColor::fromRgb(palette.at(hue)));
        left += 3.6;
      }
    };
    floor(1.2, {Hue::Private, Hue::Shared, Hue::Ballooned, Hue::Private});
    floor(6.2, {Hue::Overhead, Hue::Private, Hue::Shared, Hue::Zipped});
    floor(11.2, {Hue::Swapped, Hue::Swapped, Hue::Empty, Hue::Empty});
    painter.end();
    icon.addPixmap(pixmap);
  }
  return icon;
}

}  // namespace overcommit::gui

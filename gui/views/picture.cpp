// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/picture.h"

#include <QFontMetrics>
#include <QPaintEngine>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <algorithm>

#include "gui/models/figure_table.h"

namespace overcommit::gui {

Picture::Picture(const Theme& theme, const QString& objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent), theme_(theme) {
  setObjectName(objectName);
  setAccessibleName(accessibleName);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  // It fills all of itself: what lies behind need not be painted first.
  setAttribute(Qt::WA_OpaquePaintEvent);
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

std::optional<Figure> Picture::figureAt(QPoint point) const {
  for (Figure& figure : figures()) {
    if (figure.rect.contains(point)) return std::move(figure);
  }
  return std::nullopt;
}

bool Picture::chooseFigure(QPoint point) {
  const auto figure = figureAt(point);
  if (!figure) return false;
  Q_EMIT figureChosen(*figure);
  return true;
}

QString Picture::tipOf(const Figure& figure) { return tr("%1\nClick: the events that made it").arg(figure.metric); }

bool Picture::drawsShapes(const QPainter& painter) {
  return painter.paintEngine() != nullptr && painter.paintEngine()->type() == QPaintEngine::SVG;
}

Result<void> savePicture(QWidget& widget, const QAbstractItemModel& table, const QString& path) {
  const auto refuse = [&path](const QString& why) {
    return failure("cannot write {}: {}. Is its folder there, may you write to it, and is the disk full?", path.toStdString(),
                   why.toStdString());
  };
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return refuse(file.errorString());
  if (path.endsWith(QStringLiteral(".csv"), Qt::CaseInsensitive)) {
    file.write(csvOf(table).toUtf8());
  } else if (path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive)) {
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setTitle(widget.accessibleName());
    generator.setSize(widget.size());
    generator.setViewBox(widget.rect());
    // The resolution in which fonts of so many px are that high.
    generator.setResolution(widget.logicalDpiX());
    QPainter painter(&generator);
    widget.render(&painter, QPoint(), QRegion(), QWidget::RenderFlags(QWidget::DrawChildren));
  } else if (!widget.grab().save(&file, "PNG")) {
    return refuse(file.errorString());
  }
  if (!file.commit()) return refuse(file.errorString());
  return {};
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/walk_view.h"

#include <QFontMetrics>
#include <QKeyEvent>
#include <QPainter>
#include <algorithm>

namespace overcommit::gui {

WalkView::WalkView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("walkView"), tr("Two-dimensional walk: guest's tables down, nested tables across"), parent),
      table_({tr("reference"), tr("table"), tr("for"), tr("entry"), tr("present"), tr("leads to"), tr("flags")}) {
  clear();
}

int WalkView::wantedHeight() const {
  return QFontMetrics(theme().font(FontRole::Small)).height() + theme().px(6) + kWalkRows * theme().px(27);
}

void WalkView::clear() { setWalk({}); }

void WalkView::setWalk(const WalkAnswer& walk) {
  walk_ = walk;
  lit_ = steps();
  std::vector<QStringList> rows;
  for (const WalkStep& step : walk_.steps)
    rows.push_back({QString::number(step.number),
                    step.nested ? tr("nested, level %1").arg(step.level) : tr("guest, level %1").arg(step.level), nameOfWalkRow(step.row),
                    step.entry, step.present ? tr("yes") : tr("no"), step.leadsTo, step.flags.join(QStringLiteral(", "))});
  if (rows.empty()) rows.push_back({tr("no walk yet"), {}, {}, {}, {}, {}, {}});
  table_.setRows(rows);
  update();
  Q_EMIT litChanged();
}

void WalkView::setLit(int lit) {
  lit = std::clamp(lit, 0, steps());
  if (lit == lit_) return;
  lit_ = lit;
  update();
  Q_EMIT litChanged();
}

QRect WalkView::gridRect() const {
  const QFontMetrics metrics(theme().font(FontRole::Small));
  int label = 0;
  for (int row = 0; row < kWalkRows; ++row) label = std::max(label, metrics.horizontalAdvance(nameOfWalkRow(row)));
  const int left = theme().px(10) + label + theme().px(8), top = metrics.height() + theme().px(6);
  return QRect(left, top, std::max(width() - left - theme().px(8), 5), std::max(height() - top - theme().px(4), 5));
}

QRect WalkView::cellRect(int row, int column) const {
  const QRect grid = gridRect();
  const int gap = theme().px(3);
  const int left = grid.left() + grid.width() * column / kWalkColumns, right = grid.left() + grid.width() * (column + 1) / kWalkColumns;
  const int top = grid.top() + grid.height() * row / kWalkRows, bottom = grid.top() + grid.height() * (row + 1) / kWalkRows;
  return QRect(left + gap, top + gap, std::max(right - left - 2 * gap, 1), std::max(bottom - top - 2 * gap, 1));
}

const WalkStep* WalkView::at(int row, int column) const {
  const auto found = std::ranges::find_if(walk_.steps, [&](const WalkStep& step) { return step.row == row && step.column == column; });
  return found == walk_.steps.end() ? nullptr : &*found;
}

void WalkView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  const QFont small = theme().font(FontRole::Small), strong = theme().font(FontRole::Strong);
  const QColor accent = theme().colour(Hue::Accent), text = theme().colour(Hue::Text), dim = theme().colour(Hue::Dim);
  painter.setFont(small);
  painter.setPen(dim);
  const QFontMetrics metrics(small);
  bool fits = true;
  for (int column = 0; column < kWalkColumns; ++column)
    fits = fits && metrics.horizontalAdvance(nameOfWalkColumn(column)) <= cellRect(0, column).width();
  for (int column = 0; column < kWalkColumns; ++column) {
    const QRect cell = cellRect(0, column);
    const QRect head(cell.left() - theme().px(3), 0, cell.width() + theme().px(6), metrics.height());
    painter.drawText(head, Qt::AlignCenter, fits ? nameOfWalkColumn(column) : shortNameOfWalkColumn(column));
  }
  for (int row = 0; row < kWalkRows; ++row) {
    const QRect cell = cellRect(row, 0);
    painter.setPen(dim);
    painter.setFont(small);
    painter.drawText(QRect(theme().px(10), cell.top(), cell.left() - theme().px(13), cell.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     nameOfWalkRow(row));
    for (int column = 0; column < kWalkColumns; ++column) {
      const QRect box = cellRect(row, column);
      const bool last = row == kWalkRows - 1 && column == kWalkColumns - 1;
      const WalkStep* step = at(row, column);
      const bool lit = step != nullptr && step->number <= lit_, current = step != nullptr && step->number == lit_;
      const bool reached = last && walk_.mapped() && lit_ == steps();
      const QColor fill = current || reached ? accent
                          : lit              ? QColor::fromRgb(mixed(theme().rgb(Hue::Ground), theme().rgb(Hue::Accent), 70))
                                             : theme().colour(Hue::Panel);
      const bool missing = step != nullptr && !step->present;
      painter.setPen(QPen(missing && lit               ? theme().colour(Hue::Swapped)
                          : step != nullptr || reached ? accent
                                                       : theme().line(),
                          missing && lit ? theme().px(3) : 1));
      painter.setBrush(fill);
      painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
      painter.setFont(step != nullptr ? strong : small);
      painter.setPen(current || reached ? QColor::fromRgb(readableOn(accent.rgb())) : lit ? text : dim);
      if (step != nullptr)
        painter.drawText(box, Qt::AlignCenter, missing ? QStringLiteral("%1 ✗").arg(step->number) : QString::number(step->number));
      else if (last && walk_.mapped())
        painter.drawText(box, Qt::AlignCenter, tr("data"));
    }
  }
  if (hasFocus()) {
    painter.setPen(QPen(accent, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void WalkView::mousePressEvent(QMouseEvent* event) {
  for (const WalkStep& step : walk_.steps) {
    if (cellRect(step.row, step.column).contains(event->pos())) return setLit(step.number);
  }
}

void WalkView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Right: return setLit(lit_ + 1);
    case Qt::Key_Left: return setLit(lit_ - 1);
    default: break;
  }
  Picture::keyPressEvent(event);
}

}  // namespace overcommit::gui

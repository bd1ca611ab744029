// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/legend.h"

#include <QFontMetrics>
#include <QPainter>

namespace overcommit::gui {

Legend::Legend(const Theme& theme, const ViewOptions& options, QWidget* parent)
    : Picture(theme, QStringLiteral("legend"), tr("Legend: what the colours mean"), parent),
      options_(options),
      table_({tr("colour"), tr("means")}) {
  const auto changed = [this] {
    fillTable();
    updateGeometry();
    // A menu bar looks at its corner's size only when that is shown.
    resize(sizeHint());
    update();
  };
  connect(&theme, &Theme::changed, this, changed);
  connect(&options_, &ViewOptions::changed, this, changed);
  fillTable();
}

std::vector<Legend::Entry> Legend::entries() const {
  switch (options_.seat()) {
    case Seat::Application: return {{CellState::Private, tr("its own memory")}, {CellState::Empty, tr("everything else")}};
    case Seat::GuestOs:
      return {{CellState::Overhead, tr("kernel")},
              {CellState::Private, tr("programs")},
              {CellState::Cache, tr("page cache")},
              {CellState::Ballooned, tr("balloon")},
              {CellState::Empty, tr("free")}};
    case Seat::Hypervisor:
    case Seat::AllKnowing: break;
  }
  std::vector<Entry> all{{CellState::Overhead, tr("overhead")}, {CellState::Private, tr("private")}};
  if (options_.seat() == Seat::AllKnowing) all.push_back({CellState::FreeHeld, tr("freed by the guest")});
  all.insert(all.end(), {{CellState::Shared, tr("shared")},
                         {CellState::Zipped, tr("compressed")},
                         {CellState::Ballooned, tr("ballooned")},
                         {CellState::Swapped, tr("swapped")},
                         {CellState::Empty, tr("untouched, free")}});
  return all;
}

void Legend::fillTable() {
  std::vector<QStringList> rows;
  for (const Entry& entry : entries()) rows.push_back({QColor::fromRgb(colourOf(entry.state, theme().palette())).name(), entry.name});
  table_.setRows(rows);
}

QSize Legend::sizeHint() const {
  const QFontMetrics metrics(theme().font(FontRole::Small));
  int width = 0;
  for (const Entry& entry : entries()) width += theme().px(12) + theme().px(5) + metrics.horizontalAdvance(entry.name) + theme().px(14);
  return {width, metrics.height() + theme().px(4)};
}

void Legend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QFont font = theme().font(FontRole::Small);
  const QFontMetrics metrics(font);
  painter.setFont(font);
  const int side = theme().px(12);
  int x = 0;
  for (const Entry& entry : entries()) {
    const QRect swatch(x, (height() - side) / 2, side, side);
    painter.fillRect(swatch, QColor::fromRgb(colourOf(entry.state, theme().palette())));
    if (entry.state == CellState::FreeHeld) {
      painter.setPen(QPen(theme().colour(Hue::Text), 1));
      painter.drawLine(swatch.bottomLeft(), swatch.topRight());
    }
    painter.setPen(theme().line());
    painter.drawRect(swatch.adjusted(0, 0, -1, -1));
    x = swatch.right() + theme().px(6);
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(QRect(x, 0, metrics.horizontalAdvance(entry.name) + 2, height()), Qt::AlignLeft | Qt::AlignVCenter, entry.name);
    x += metrics.horizontalAdvance(entry.name) + theme().px(14);
  }
}

}  // namespace overcommit::gui

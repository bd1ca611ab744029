// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/legend.h"

#include <QFontMetrics>
#include <QPainter>

namespace overcommit::gui {

Legend::Legend(const Theme& theme, const ViewOptions& options, const QString& objectName, QWidget* parent)
    : Picture(theme, objectName, tr("Legend: what the colours mean"), parent), options_(options), table_({tr("colour"), tr("means")}) {
  setAttribute(Qt::WA_OpaquePaintEvent, false);  // it stands on whatever bar it is in
  connect(&theme, &Theme::changed, this, &Legend::renew);
  connect(&options_, &ViewOptions::changed, this, &Legend::renew);
  fillTable();
}

void Legend::setVms(const QStringList& names) {
  vms_ = names;
  renew();
}

void Legend::renew() {
  fillTable();
  updateGeometry();
  // A menu bar looks at its corner's size only when that is shown.
  resize(sizeHint());
  update();
}

std::vector<Legend::Entry> Legend::entries() const {
  const Palette& palette = theme().palette();
  std::vector<Entry> all;
  const auto add = [&](CellState state, const QString& name) {
    all.push_back({colourOf(state, palette), name, state == CellState::FreeHeld});
  };
  if (options_.seat() == Seat::Application) {
    add(CellState::Private, tr("its own memory"));
    add(CellState::Empty, tr("everything else"));
    return all;
  }
  if (options_.seat() == Seat::GuestOs) {
    add(CellState::Overhead, tr("kernel"));
    add(CellState::Private, tr("programs"));
    add(CellState::Cache, tr("page cache"));
    add(CellState::Ballooned, tr("balloon"));
    add(CellState::Empty, tr("free"));
    return all;
  }
  if (options_.layer() != MapLayer::State) {
    for (const LayerKey& key : keysOf(options_.layer(), palette, vms_)) all.push_back({key.colour, key.name});
    return all;
  }
  add(CellState::Overhead, tr("overhead"));
  add(CellState::Private, tr("private"));
  if (options_.seat() == Seat::AllKnowing) add(CellState::FreeHeld, tr("freed by the guest"));
  add(CellState::Shared, tr("shared"));
  add(CellState::Zipped, tr("compressed"));
  add(CellState::Ballooned, tr("ballooned"));
  add(CellState::Swapped, tr("swapped"));
  add(CellState::Empty, tr("untouched, free"));
  return all;
}

void Legend::fillTable() {
  std::vector<QStringList> rows;
  for (const Entry& entry : entries()) rows.push_back({QColor::fromRgb(entry.colour).name(), entry.name});
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
    painter.fillRect(swatch, QColor::fromRgb(entry.colour));
    if (entry.hatched) {
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

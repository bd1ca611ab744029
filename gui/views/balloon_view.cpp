// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/balloon_view.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/session/gate.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

std::bitset<kEventKinds> oneKind(EventKind kind) {
  std::bitset<kEventKinds> kinds;
  kinds.set(indexOf(kind));
  return kinds;
}

}  // namespace

BalloonView::BalloonView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("balloonView"), tr("Balloons: size against target"), parent),
      table_({tr("VM"), tr("driver"), tr("size"), tr("to be"), tr("driver was told"), tr("at most"), tr("inflated"), tr("deflated"),
              tr("touched by the guest"), tr("refused")}) {}

void BalloonView::setRun(Run* run) {
  run_ = run;
  updateGeometry();
  refresh();
}

int BalloonView::rowHeight() const {
  const int line = QFontMetrics(theme().font(FontRole::Small)).height();
  return QFontMetrics(theme().font(FontRole::Strong)).height() + 3 * line + theme().px(12);
}

int BalloonView::wantedHeight() const {
  const std::size_t vms = run_ == nullptr ? 1 : run_->world().vms();
  const int axis = QFontMetrics(theme().font(FontRole::Chip)).height() + theme().px(8);
  return static_cast<int>(std::max<std::size_t>(vms, 1)) * rowHeight() + axis + theme().px(8);
}

void BalloonView::layOut() {
  rows_.clear();
  setFigures({});
  std::vector<QStringList> lines;
  if (run_ == nullptr) return table_.setRows(lines);
  const WorldModel& world = run_->world();
  const History& history = run_->history();
  const std::size_t sample = history.indexAt(run_->playback().now());
  const int margin = theme().px(12), words = std::min(theme().px(230), width() / 2);
  const int line = QFontMetrics(theme().font(FontRole::Small)).height(), strong = QFontMetrics(theme().font(FontRole::Strong)).height();
  const QRect plots(words + margin, 0, std::max(width() - words - 2 * margin, 20), 1);
  axis_ = TimeAxis(VirtualTime(0), run_->playback().horizon(), plots.left(), plots.width());
  const int axisHeight = QFontMetrics(theme().font(FontRole::Chip)).height() + theme().px(8);
  const int count = static_cast<int>(std::max<std::size_t>(world.vms(), 1));
  const int each = std::clamp((height() - axisHeight - theme().px(8)) / count, rowHeight(), 2 * rowHeight());
  std::vector<Figure> figures;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = world.vm(id);
    const std::uint64_t size = vm.at(PagePlace::Ballooned);
    const std::uint32_t refused = sample < history.size() ? history.vm(sample, id).balloonRefused : 0;
    Row row;
    row.vm = id;
    row.name = qstring(world.name(id));
    const int top = theme().px(4) + static_cast<int>(i) * each;
    row.words = QRect(margin, top, words - margin, each - theme().px(8));
    row.plot = QRect(plots.left(), top, plots.width(), each - theme().px(8));
    row.driverText = !vm.poweredOn ? tr("VM is off") : vm.balloonDriver ? tr("driver runs") : tr("no driver runs");
    row.sizeText = tr("size %1 of at most %2").arg(mebibytesNumber(size), mebibytes(vm.balloonMaxPages));
    row.targetText = tr("to be %1, told %2").arg(mebibytes(vm.wantedBalloonPages), mebibytesNumber(vm.balloonTargetPages));
    row.refusedText = refused == 0 ? tr("no page refused") : tr("+%1 refused").arg(grouped(refused));
    const int first = row.words.top() + strong;
    const auto at = [&](int n) { return QRect(row.words.left(), first + n * line, row.words.width(), line); };
    row.driver = QRect(row.words.left(), row.words.top(), row.words.width(), strong);
    row.size = at(0);
    row.target = at(1);
    row.refused = at(2);
    const auto metric = [&](const char* name) { return QStringLiteral("vm.%1.%2").arg(row.name, QString::fromLatin1(name)); };
    figures.push_back({row.driver, metric("balloon_driver"), oneKind(EventKind::BalloonDriver), id});
    figures.push_back({row.size, metric("ballooned"), eventsOf(Gate::Balloon), id});
    figures.push_back({row.target, metric("balloon_target"), oneKind(EventKind::BalloonTarget), id});
    figures.push_back({row.refused, tr("refusal events of %1").arg(row.name), oneKind(EventKind::Refusal), id});
    row.most = std::max<std::uint64_t>({vm.balloonMaxPages, size, vm.wantedBalloonPages, 1});
    for (std::size_t s = 0; s < history.size(); ++s) {
      const VmSample& one = history.vm(s, id);
      row.most = std::max<std::uint64_t>({row.most, one.at(PagePlace::Ballooned), one.balloonTarget});
    }
    lines.push_back({row.name, row.driverText, mebibytes(size), mebibytes(vm.wantedBalloonPages), mebibytes(vm.balloonTargetPages),
                     mebibytes(vm.balloonMaxPages), grouped(vm.at(EventKind::Inflate)), grouped(vm.at(EventKind::Deflate)),
                     grouped(vm.at(EventKind::Pop)), grouped(refused)});
    rows_.push_back(std::move(row));
  }
  table_.setRows(lines);
  setFigures(std::move(figures));
}

void BalloonView::refresh() {
  layOut();
  update();
}

void BalloonView::paintRow(QPainter& painter, const Row& row) const {
  const bool selected = run_->selection().subject().vm == row.vm;
  const QFont strong = theme().font(FontRole::Strong), small = theme().font(FontRole::Small), chip = theme().font(FontRole::Chip);
  const QFontMetrics strongMetrics(strong), smallMetrics(small), chipMetrics(chip);
  const auto say = [&](const QRect& rect, const QString& text, Hue hue) {
    painter.setFont(small);
    painter.setPen(theme().colour(hue));
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, smallMetrics.elidedText(text, Qt::ElideRight, rect.width()));
  };
  const int driverWidth = smallMetrics.horizontalAdvance(row.driverText);
  painter.setFont(strong);
  painter.setPen(theme().colour(selected ? Hue::Accent : Hue::Text));
  painter.drawText(row.driver, Qt::AlignLeft | Qt::AlignVCenter,
                   strongMetrics.elidedText(row.name, Qt::ElideRight, row.driver.width() - driverWidth - theme().px(8)));
  painter.setFont(small);
  painter.setPen(theme().colour(Hue::Dim));
  painter.drawText(row.driver, Qt::AlignRight | Qt::AlignVCenter, row.driverText);
  say(row.size, row.sizeText, Hue::Text);
  say(row.target, row.targetText, Hue::Text);
  say(row.refused, row.refusedText, Hue::Dim);

  const QRect& plot = row.plot;
  painter.fillRect(plot, theme().colour(Hue::Panel));
  const History& history = run_->history();
  const auto yOf = [&](std::uint64_t pages) {
    return plot.bottom() - static_cast<int>(std::lround(static_cast<double>(pages) / static_cast<double>(row.most) * (plot.height() - 2)));
  };
  const QColor size = theme().colour(Hue::Ballooned), target = theme().colour(Hue::Text);
  const int thick = std::max(theme().px(2), 2);
  int lastY = -1;
  for (int x = plot.left(); x <= plot.right(); ++x) {
    const std::uint64_t from = axis_.timeAt(x).value() / history.step().value(), to = axis_.timeAt(x + 1).value() / history.step().value();
    if (from >= history.size()) break;
    const std::uint64_t last = std::clamp<std::uint64_t>(to == 0 ? 0 : to - 1, from, history.size() - 1);
    std::uint64_t pages = 0;
    for (std::uint64_t s = from; s <= last; ++s)
      pages = std::max<std::uint64_t>(pages, history.vm(static_cast<std::size_t>(s), row.vm).at(PagePlace::Ballooned));
    const int y = yOf(pages);
    if (pages > 0) painter.fillRect(QRect(x, y, 1, plot.bottom() - y + 1), size);
    const int targetY = yOf(history.vm(static_cast<std::size_t>(last), row.vm).balloonTarget);
    const int top = lastY < 0 ? targetY : std::min(lastY, targetY), bottom = lastY < 0 ? targetY : std::max(lastY, targetY);
    painter.fillRect(QRect(x, std::max(top - thick + 1, plot.top()), 1, bottom - std::max(top - thick + 1, plot.top()) + 1), target);
    lastY = targetY;
  }
  const std::uint64_t most = run_->world().vm(row.vm).balloonMaxPages;
  if (most > 0) {
    const int y = yOf(most);
    for (int x = plot.left(); x < plot.right(); x += theme().px(8))
      painter.fillRect(QRect(x, y, std::min(theme().px(4), plot.right() - x), 1), theme().colour(Hue::Dim));
  }
  painter.setFont(chip);
  painter.setPen(theme().colour(Hue::Dim));
  // Where the target line could be, words stand on ground of their own.
  const QString scale = mebibytes(row.most);
  const QRect label(plot.right() - chipMetrics.horizontalAdvance(scale) - theme().px(8), plot.top(),
                    chipMetrics.horizontalAdvance(scale) + theme().px(8), chipMetrics.height());
  painter.fillRect(label, theme().colour(Hue::Panel));
  painter.drawText(label, Qt::AlignCenter, scale);
}

void BalloonView::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  if (run_ == nullptr) {
    painter.setFont(theme().font(FontRole::Body));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(rect(), Qt::AlignCenter, tr("Open a run to see its balloons."));
    return;
  }
  for (const Row& row : rows_) {
    if (drawsShapes(painter) || row.words.united(row.plot).intersects(event->rect())) paintRow(painter, row);
  }
  if (rows_.empty()) return;
  const int bottom = rows_.back().plot.bottom();
  const int now = axis_.xOf(run_->playback().now());
  for (const Row& row : rows_) painter.fillRect(QRect(now - 1, row.plot.top(), 2, row.plot.height()), theme().colour(Hue::Accent));
  painter.setFont(chip);
  painter.setPen(theme().colour(Hue::Dim));
  for (const TimeAxis::Tick& tick : axis_.ticks(theme().px(90))) {
    const int wide = metrics.horizontalAdvance(tick.label);
    const int x = std::clamp(tick.x - wide / 2, axis_.left(), std::max(axis_.left() + axis_.width() - wide, axis_.left()));
    painter.drawText(QRect(x, bottom + theme().px(3), wide + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, tick.label);
  }
  // What is what, in the corner below the words.
  const QRect key(theme().px(12), bottom + theme().px(3), axis_.left() - theme().px(16), metrics.height());
  const int swatch = theme().px(10);
  painter.fillRect(QRect(key.left(), key.top() + (key.height() - swatch) / 2, swatch, swatch), theme().colour(Hue::Ballooned));
  const QString size = tr("size"), target = tr("to be"), most = tr("at most");
  int x = key.left() + swatch + theme().px(4);
  const auto word = [&](const QString& text) {
    painter.drawText(QRect(x, key.top(), metrics.horizontalAdvance(text) + 2, key.height()), Qt::AlignLeft | Qt::AlignVCenter, text);
    x += metrics.horizontalAdvance(text) + theme().px(12);
  };
  word(size);
  painter.fillRect(QRect(x, key.center().y(), theme().px(14), 2), theme().colour(Hue::Text));
  x += theme().px(18);
  word(target);
  for (int dash = 0; dash < 2; ++dash)
    painter.fillRect(QRect(x + dash * theme().px(8), key.center().y(), theme().px(4), 1), theme().colour(Hue::Dim));
  x += theme().px(16);
  word(most);
  if (hasFocus()) {
    painter.setPen(QPen(theme().colour(Hue::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void BalloonView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void BalloonView::mousePressEvent(QMouseEvent* event) {
  if (run_ == nullptr) return;
  for (const Row& row : rows_) {
    if (row.words.contains(event->pos())) run_->selection().selectVm(row.vm);
    if (row.plot.contains(event->pos())) return run_->playback().seek(axis_.timeAt(event->pos().x()));
  }
  chooseFigure(event->pos());
}

// Up and down: the VM; Enter: what made its balloon.
void BalloonView::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (run_ == nullptr || rows_.empty()) return Picture::keyPressEvent(event);
  const auto& vm = run_->selection().subject().vm;
  const auto at = std::ranges::find_if(rows_, [&](const Row& row) { return vm == row.vm; });
  if (key == Qt::Key_Up || key == Qt::Key_Down) {
    if (at == rows_.end()) return run_->selection().selectVm(rows_.front().vm);
    const std::ptrdiff_t to = at - rows_.begin() + (key == Qt::Key_Down ? 1 : -1);
    if (to >= 0 && to < std::ssize(rows_)) run_->selection().selectVm(rows_[static_cast<std::size_t>(to)].vm);
    return;
  }
  if ((key == Qt::Key_Return || key == Qt::Key_Enter) && at != rows_.end()) {
    chooseFigure(at->size.center());
    return;
  }
  Picture::keyPressEvent(event);
}

bool BalloonView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  if (const auto figure = figureAt(help->pos())) {
    text = tipOf(*figure);
  } else if (run_ != nullptr) {
    const auto row = std::ranges::find_if(rows_, [&](const Row& one) { return one.plot.contains(help->pos()); });
    const History& history = run_->history();
    const VirtualTime time = axis_.timeAt(help->pos().x());
    const std::size_t sample = history.indexAt(time);
    if (row != rows_.end() && sample < history.size()) {
      const VmSample& its = history.vm(sample, row->vm);
      text = tr("%1, %2\nsize %3, to be %4\nClick: that instant")
                 .arg(row->name, clockText(time), mebibytes(its.at(PagePlace::Ballooned)), mebibytes(its.balloonTarget));
    }
  }
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

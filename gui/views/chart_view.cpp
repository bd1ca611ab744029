// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/chart_view.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

// The next of 1, 2, 5, 10, 20, … at or above.
double roundUp(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0, 10.0}) {
    if (value <= step * power * 1.0000001) return step * power;
  }
  return 10 * power;
}

QString axisText(double value) {
  return value >= 1000 ? grouped(static_cast<std::uint64_t>(std::llround(value))) : QString::number(value, 'g', 3);
}

}  // namespace

ChartView::ChartView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("chartView"), tr("Charts: figures over the whole run"), parent) {}

void ChartView::setCurves(Run* run, std::vector<ChartSeries> series, VirtualTime window) {
  run_ = run;
  series_ = std::move(series);
  values_.clear();
  QStringList names;
  if (run_ != nullptr) {
    step_ = run_->history().step();
    for (const ChartSeries& one : series_) {
      values_.push_back(valuesOf(one, run_->history(), window));
      names << one.name;
    }
  }
  table_.setValues(step_, names, values_);
  stale_ = true;
  update();
}

double ChartView::mostOf(ChartSeries::Unit unit) const {
  double most = 0;
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].unit != unit) continue;
    for (const double value : values_[i]) most = std::max(most, value);
  }
  return roundUp(most);
}

std::size_t ChartView::sampleAt(VirtualTime time) const { return static_cast<std::size_t>(time.value() / step_.value()); }

void ChartView::paintCurve(QPainter& painter, std::size_t curve, double most) const {
  const std::vector<double>& values = values_[curve];
  const auto yOf = [&](double value) { return plot_.bottom() - static_cast<int>(std::lround(value / most * (plot_.height() - 1))); };
  const ChartSeries& series = series_[curve];
  const QColor colour = theme().colour(series.hue.value_or(Hue::Text));
  int lastY = -1;
  for (int x = plot_.left(); x <= plot_.right(); ++x) {
    const std::size_t from = sampleAt(axis_.timeAt(x)), to = std::max(sampleAt(axis_.timeAt(x + 1)), from + 1);
    if (from >= values.size()) break;
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(from),
               end = values.begin() + static_cast<std::ptrdiff_t>(std::min(to, values.size()));
    const auto [low, high] = std::minmax_element(begin, end);
    int top = yOf(*high), bottom = yOf(*low);
    const int thickness = theme().px(2);
    if (bottom - top < thickness) bottom = top + thickness - 1;
    // Joined to the column before.
    if (lastY >= 0) {
      top = std::min(top, std::max(lastY, top));
      if (lastY < top) top = lastY;
      if (lastY > bottom) bottom = lastY;
    }
    lastY = yOf(*(end - 1));
    if (series.dashed && x / theme().px(5) % 2 == 1) continue;
    painter.fillRect(QRect(x, std::max(top, plot_.top()), 1, std::min(bottom, plot_.bottom()) - std::max(top, plot_.top()) + 1), colour);
  }
}

void ChartView::paintBackground() {
  const double ratio = devicePixelRatioF();
  background_ = QPixmap(size() * ratio);
  background_.setDevicePixelRatio(ratio);
  background_.fill(theme().colour(Hue::Ground));
  stale_ = false;
  QPainter painter(&background_);
  paintAll(painter);
}

void ChartView::paintAll(QPainter& painter) {
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  painter.setFont(chip);
  // At the right one axis has room: that of the first figure that is no memory.
  const auto other = std::ranges::find_if(series_, [](const ChartSeries& one) { return one.unit != ChartSeries::Unit::Mebibytes; });
  const bool rates = other != series_.end();
  const ChartSeries::Unit rightUnit = rates ? other->unit : ChartSeries::Unit::PerSecond;
  const QString rightName = rightUnit == ChartSeries::Unit::PerSecond ? nameOf(rightUnit) : QLatin1Char(' ') + nameOf(rightUnit);
  const bool memory = std::ranges::any_of(series_, [](const ChartSeries& one) { return one.unit == ChartSeries::Unit::Mebibytes; });
  const double mostMemory = mostOf(ChartSeries::Unit::Mebibytes), mostRate = mostOf(rightUnit);
  const int left = memory ? metrics.horizontalAdvance(axisText(mostMemory) + QStringLiteral(" MiB")) + theme().px(10) : theme().px(10);
  const int right = rates ? metrics.horizontalAdvance(axisText(mostRate) + rightName) + theme().px(10) : theme().px(12);
  const int legend = metrics.height() + theme().px(6);
  plot_ = QRect(left, legend, std::max(width() - left - right, 10), std::max(height() - legend - metrics.height() - theme().px(8), 10));
  axis_ = TimeAxis(VirtualTime(0), run_ == nullptr ? VirtualTime(1) : run_->playback().horizon(), plot_.left(), plot_.width());
  painter.fillRect(plot_, theme().colour(Hue::Panel));
  painter.setPen(theme().colour(Hue::Dim));
  for (int i = 0; i <= 4; ++i) {
    const int y = plot_.bottom() - i * (plot_.height() - 1) / 4;
    painter.fillRect(QRect(plot_.left(), y, plot_.width(), 1), theme().line());
    if (i % 2 != 0) continue;
    const QRect label(0, y - metrics.height() / 2, plot_.left() - theme().px(5), metrics.height());
    if (memory)
      painter.drawText(label, Qt::AlignRight | Qt::AlignVCenter,
                       axisText(mostMemory * i / 4) + (i == 4 ? QStringLiteral(" MiB") : QString()));
    if (rates)
      painter.drawText(QRect(plot_.right() + theme().px(5), label.top(), right, label.height()), Qt::AlignLeft | Qt::AlignVCenter,
                       axisText(mostRate * i / 4) + (i == 4 ? rightName : QString()));
  }
  for (const TimeAxis::Tick& tick : axis_.ticks(theme().px(90))) {
    const int wide = metrics.horizontalAdvance(tick.label);
    const int x = std::clamp(tick.x - wide / 2, plot_.left(), std::max(plot_.right() - wide, plot_.left()));
    painter.drawText(QRect(x, plot_.bottom() + theme().px(3), wide + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, tick.label);
  }
  int x = plot_.left();
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const QColor colour = theme().colour(series_[i].hue.value_or(Hue::Text));
    const QString name = series_[i].name;
    const int wide = theme().px(20) + metrics.horizontalAdvance(name) + theme().px(14);
    if (x + wide > width()) break;
    for (int dash = 0; dash < 3; ++dash) {
      const int length = series_[i].dashed ? theme().px(4) : theme().px(6);
      painter.fillRect(QRect(x + dash * theme().px(6), legend / 2 - 1, length, 2), colour);
    }
    painter.drawText(QRect(x + theme().px(22), 0, metrics.horizontalAdvance(name) + 2, legend), Qt::AlignLeft | Qt::AlignVCenter, name);
    x += wide;
  }
  if (run_ == nullptr || series_.empty()) {
    painter.drawText(plot_, Qt::AlignCenter, run_ == nullptr ? tr("Open a run to draw its figures.") : tr("Choose figures at the left."));
    return;
  }
  for (std::size_t i = 0; i < series_.size(); ++i) paintCurve(painter, i, mostOf(series_[i].unit));
}

void ChartView::paintEvent(QPaintEvent*) {
  if (stale_) paintBackground();
  QPainter painter(this);
  if (drawsShapes(painter)) {
    painter.fillRect(rect(), theme().colour(Hue::Ground));
    paintAll(painter);
  } else {
    painter.drawPixmap(0, 0, background_);
  }
  if (run_ == nullptr) return;
  nowX_ = axis_.xOf(run_->playback().now());
  painter.fillRect(QRect(nowX_ - 1, plot_.top(), 2, plot_.height()), theme().colour(Hue::Accent));
  if (!hasFocus()) return;
  painter.setPen(QPen(theme().colour(Hue::Accent), 1));
  painter.drawRect(plot_.adjusted(-1, -1, 0, 0));
}

void ChartView::showNow() {
  if (run_ == nullptr) return;
  const int x = axis_.xOf(run_->playback().now());
  if (x == nowX_) return;
  update(QRect(nowX_ - 2, 0, 5, height()));
  update(QRect(x - 2, 0, 5, height()));
}

void ChartView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  stale_ = true;
}

void ChartView::mousePressEvent(QMouseEvent* event) {
  if (run_ != nullptr && event->button() == Qt::LeftButton) run_->playback().seek(axis_.timeAt(event->pos().x()));
}

void ChartView::mouseMoveEvent(QMouseEvent* event) {
  if (run_ != nullptr && (event->buttons() & Qt::LeftButton)) run_->playback().seek(axis_.timeAt(event->pos().x()));
}

void ChartView::keyPressEvent(QKeyEvent* event) {
  if (run_ == nullptr || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) return Picture::keyPressEvent(event);
  const VirtualTime now = run_->playback().now(), by = (axis_.to() - axis_.from()) / 200;
  run_->playback().seek(event->key() == Qt::Key_Left ? now - std::min(now, by) : now + by);
}

bool ChartView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QStringList lines;
  if (run_ != nullptr && plot_.contains(help->pos())) {
    const VirtualTime time = axis_.timeAt(help->pos().x());
    lines << clockText(time);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const std::size_t sample = sampleAt(time);
      if (sample >= values_[i].size()) continue;
      lines << QStringLiteral("%1: %2%3")
                   .arg(
                       series_[i].name, QString::number(values_[i][sample], 'f', 1),
                       series_[i].unit == ChartSeries::Unit::PerSecond ? QStringLiteral("/s") : QLatin1Char(' ') + nameOf(series_[i].unit));
    }
  }
  QToolTip::showText(help->globalPos(), lines.join(QLatin1Char('\n')), this);
  return true;
}

}  // namespace overcommit::gui

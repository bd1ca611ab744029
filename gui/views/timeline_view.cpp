// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/timeline_view.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.h"
#include "gui/map/cell_state.h"
#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kDragPixels = 4;
constexpr std::array kAreaOrder{FrameUse::Overhead, FrameUse::Private, FrameUse::Shared, FrameUse::ZipStore};

Hue hueOfUse(FrameUse use) {
  switch (use) {
    case FrameUse::Free: return Hue::Empty;
    case FrameUse::Private: return Hue::Private;
    case FrameUse::Shared: return Hue::Shared;
    case FrameUse::ZipStore: return Hue::Zipped;
    case FrameUse::Overhead: return Hue::Overhead;
  }
  return Hue::Empty;
}

// Free states are no memory: they are words on grey, the darker the less is free.
QRgb greyOf(FreeState state, const Theme& theme) {
  constexpr std::array<unsigned, kFreeStates> kInk{18, 40, 84, 150, 215};
  return mixed(theme.rgb(Hue::Panel), theme.rgb(Hue::Text), kInk[static_cast<std::size_t>(state)]);
}

}  // namespace

TimelineView::TimelineView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("timelineView"), tr("Timeline: the whole run; arrow keys move the instant"), parent),
      table_({tr("time"), tr("state"), tr("private"), tr("shared"), tr("zip store"), tr("overhead"), tr("free")}) {}

void TimelineView::setRun(Run* run) {
  run_ = run;
  from_ = to_ = VirtualTime(0);
  drag_ = Drag::None;
  if (run_ != nullptr) connect(&run_->selection(), &Selection::rangeChanged, this, qOverload<>(&QWidget::update));
  layOut();
  rebuild();
}

void TimelineView::layOut() {
  const QFontMetrics chip(theme().font(FontRole::Chip));
  int labelWidth = 0;
  for (const Gate gate : kAllGates) labelWidth = std::max(labelWidth, chip.horizontalAdvance(nameOf(gate)));
  labelWidth += theme().px(18);
  const int right = width() - theme().px(14);
  const int plotWidth = std::max(right - labelWidth, 10);
  labels_ = QRect(0, 0, labelWidth, height());
  setMinimumHeight(2 * chip.height() + theme().px(38));
  axisRow_ = QRect(labelWidth, theme().px(2), plotWidth, chip.height() + theme().px(8));
  states_ = QRect(labelWidth, axisRow_.bottom() + 1, plotWidth, chip.height() + theme().px(2));
  // Where all does not fit, the tracks of the gates go.
  const bool low = height() < 2 * chip.height() + theme().px(40) + static_cast<int>(kGates) * std::max(chip.height(), theme().px(10));
  const int trackHeight = low ? 0 : std::max(chip.height(), theme().px(10));
  const int tracksHeight = trackHeight * static_cast<int>(kGates);
  const int rest = height() - states_.bottom() - 1 - theme().px(8) - tracksHeight - theme().px(4);
  area_ = QRect(labelWidth, states_.bottom() + 1 + theme().px(4), plotWidth, std::max(rest, theme().px(16)));
  tracks_ = QRect(labelWidth, area_.bottom() + 1 + theme().px(4), plotWidth, tracksHeight);
  const VirtualTime to = run_ == nullptr ? VirtualTime(1) : to_ == VirtualTime(0) ? run_->playback().horizon() : to_;
  axis_ = TimeAxis(from_, to, labelWidth, plotWidth);
}

void TimelineView::rebuild() {
  layOut();
  backgroundStale_ = true;
  fillTable();
  update();
}

void TimelineView::setSeat(Seat seat) { seat_ = seat; }

VmId TimelineView::guest() const { return run_->selection().subject().vm.value_or(VmId(0)); }

void TimelineView::fillTable() {
  std::vector<QStringList> rows;
  const bool machine = seesMachine(seat_);
  if (machine)
    table_.setColumns({tr("time"), tr("free state"), tr("private"), tr("shared"), tr("zip store"), tr("overhead"), tr("free")});
  else if (seat_ == Seat::GuestOs)
    table_.setColumns({tr("time"), tr("kernel"), tr("programs"), tr("page cache"), tr("balloon"), tr("free")});
  else
    table_.setColumns({tr("time"), tr("its own memory"), tr("operations")});
  if (run_ != nullptr && !machine) {
    const History& history = run_->history();
    constexpr std::size_t kGuestRows = 100;
    const std::size_t by = std::max<std::size_t>(history.size() / kGuestRows, 1);
    for (std::size_t i = by - 1; i < history.size() && guest().value() < history.vms(); i += by) {
      const VmSample& vm = history.vm(i, guest());
      QStringList row{clockText(history.timeOf(i))};
      if (seat_ == Seat::GuestOs)
        row << mebibytes(std::uint64_t{vm.at(GuestUse::Kernel)} + vm.at(GuestUse::Table)) << mebibytes(vm.at(GuestUse::User))
            << mebibytes(vm.at(GuestUse::Cache)) << mebibytes(vm.at(GuestUse::Balloon)) << mebibytes(vm.at(GuestUse::Free));
      else
        row << mebibytes(vm.at(GuestUse::User)) << grouped(vm.operations);
      rows.push_back(row);
    }
  } else if (run_ != nullptr) {
    const History& history = run_->history();
    constexpr std::size_t kRows = 100;
    const std::size_t by = std::max<std::size_t>(history.size() / kRows, 1);
    for (std::size_t i = by - 1; i < history.size(); i += by) {
      const HostSample& host = history.host(i);
      rows.push_back({clockText(history.timeOf(i)), nameOfState(host.state), mebibytes(host.at(FrameUse::Private)),
                      mebibytes(host.at(FrameUse::Shared)), mebibytes(host.at(FrameUse::ZipStore)), mebibytes(host.at(FrameUse::Overhead)),
                      mebibytes(host.at(FrameUse::Free))});
    }
  }
  table_.setRows(rows);
}

void TimelineView::showNow() {
  if (run_ == nullptr) return;
  const int x = axis_.xOf(run_->playback().now());
  if (x == nowX_) return;
  const int wide = theme().px(8);
  update(QRect(nowX_ - wide, 0, 2 * wide + 1, height()));
  update(QRect(x - wide, 0, 2 * wide + 1, height()));
  nowX_ = x;
}

void TimelineView::zoomTo(VirtualTime from, VirtualTime to) {
  if (run_ == nullptr) return;
  const VirtualTime end = run_->playback().horizon();
  from_ = std::min(from, end);
  to_ = std::min(std::max(to, from_ + microseconds(10)), end);
  if (from_ == VirtualTime(0) && to_ == end) to_ = VirtualTime(0);
  rebuild();
}

void TimelineView::zoomOut() {
  from_ = to_ = VirtualTime(0);
  rebuild();
}

void TimelineView::paintStates(QPainter& painter) const {
  const History& history = run_->history();
  const VirtualTime known = history.size() == 0 ? VirtualTime(0) : history.timeOf(history.size() - 1);
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  painter.setFont(chip);
  painter.fillRect(states_, theme().colour(Hue::Panel));
  const auto segment = [&](VirtualTime from, VirtualTime to, FreeState state) {
    if (to <= axis_.from() || from >= axis_.to()) return;
    const int left = axis_.xOf(from), right = std::max(axis_.xOf(to), left + 1);
    const QRect rect(left, states_.top(), right - left, states_.height());
    const QRgb grey = greyOf(state, theme());
    painter.fillRect(rect, QColor::fromRgb(grey));
    const QString name = nameOfState(state);
    if (metrics.horizontalAdvance(name) + theme().px(6) > rect.width()) return;
    painter.setPen(QColor::fromRgb(readableOn(grey)));
    painter.drawText(rect, Qt::AlignCenter, name);
  };
  VirtualTime since;
  FreeState state = FreeState::High;
  for (const HistoryMark& mark : history.marks()) {
    if (mark.kind != EventKind::FreeStateChange || mark.value >= kFreeStates) continue;
    segment(since, mark.time, state);
    since = mark.time;
    state = static_cast<FreeState>(mark.value);
  }
  segment(since, std::max(known, since), state);
}

void TimelineView::paintArea(QPainter& painter) const {
  const History& history = run_->history();
  painter.fillRect(area_, theme().colour(Hue::Panel));
  const double all = static_cast<double>(std::max<std::uint64_t>(run_->world().hostMemory().value(), 1));
  for (int x = area_.left(); x <= area_.right(); ++x) {
    const std::size_t i = history.indexAt(axis_.timeAt(x + 1));
    if (i >= history.size() || history.timeOf(history.size() - 1) + history.step() < axis_.timeAt(x)) continue;
    painter.fillRect(QRect(x, area_.top(), 1, area_.height()), theme().colour(Hue::Empty));
    std::uint64_t below = 0;
    int bottom = area_.bottom() + 1;
    for (const FrameUse use : kAreaOrder) {
      below += history.host(i).at(use);
      const int top = area_.bottom() + 1 - static_cast<int>(std::lround(static_cast<double>(below) / all * area_.height()));
      if (top < bottom) painter.fillRect(QRect(x, top, 1, bottom - top), theme().colour(hueOfUse(use)));
      bottom = std::min(bottom, top);
    }
  }
}

// What a guest knows of its memory, over all that it believes to have.
void TimelineView::paintGuest(QPainter& painter) const {
  const History& history = run_->history();
  const QRect room(area_.left(), states_.top(), area_.width(), tracks_.bottom() - states_.top() + 1);
  painter.fillRect(room, theme().colour(Hue::Panel));
  if (guest().value() >= history.vms()) return;
  struct Layer {
    QRgb colour;
    std::uint64_t pages;
  };
  const double all = static_cast<double>(std::max<std::uint64_t>(run_->world().memory(guest()).value(), 1));
  for (int x = room.left(); x <= room.right(); ++x) {
    const std::size_t i = history.indexAt(axis_.timeAt(x + 1));
    if (i >= history.size() || history.timeOf(history.size() - 1) + history.step() < axis_.timeAt(x)) continue;
    const VmSample& vm = history.vm(i, guest());
    const auto colour = [this](CellState state) { return colourOf(state, theme().palette()); };
    std::vector<Layer> layers{{colour(CellState::Private), vm.at(GuestUse::User)}};
    if (seat_ == Seat::GuestOs)
      layers = {{colour(CellState::Overhead), std::uint64_t{vm.at(GuestUse::Kernel)} + vm.at(GuestUse::Table)},
                {colour(CellState::Private), vm.at(GuestUse::User)},
                {colour(CellState::Cache), vm.at(GuestUse::Cache)},
                {colour(CellState::Ballooned), vm.at(GuestUse::Balloon)}};
    painter.fillRect(QRect(x, room.top(), 1, room.height()), theme().colour(Hue::Empty));
    std::uint64_t below = 0;
    int bottom = room.bottom() + 1;
    for (const Layer& layer : layers) {
      below += layer.pages;
      const int top = room.bottom() + 1 - static_cast<int>(std::lround(static_cast<double>(below) / all * room.height()));
      if (top < bottom) painter.fillRect(QRect(x, top, 1, bottom - top), QColor::fromRgb(layer.colour));
      bottom = std::min(bottom, top);
    }
  }
}

// One thin track a gate: pages down below its line, pages up above it, the highest column of the run as high as the track.
void TimelineView::paintTracks(QPainter& painter) const {
  if (tracks_.height() <= 0) return;
  const History& history = run_->history();
  const int height = tracks_.height() / static_cast<int>(kGates);
  for (const Gate gate : kAllGates) {
    const QRect track(tracks_.left(), tracks_.top() + static_cast<int>(gate) * height, tracks_.width(), height);
    painter.fillRect(QRect(track.left(), track.bottom(), track.width(), 1), theme().line());
    if (history.size() == 0) continue;
    std::vector<std::uint64_t> columns(static_cast<std::size_t>(track.width()));
    std::uint64_t most = 1;
    GateCounts before = history.gateAt(gate, axis_.timeAt(track.left()));
    for (int x = 0; x < track.width(); ++x) {
      const GateCounts now = history.gateAt(gate, axis_.timeAt(track.left() + x + 1));
      const std::uint64_t pages = (now.down - before.down) + (now.up - before.up);
      columns[static_cast<std::size_t>(x)] = pages;
      most = std::max(most, pages);
      before = now;
    }
    const QColor colour = theme().colour(hueOf(gate));
    for (int x = 0; x < track.width(); ++x) {
      const std::uint64_t pages = columns[static_cast<std::size_t>(x)];
      if (pages == 0) continue;
      const int high = std::max(2, static_cast<int>(static_cast<double>(pages) / static_cast<double>(most) * (height - 2)));
      painter.fillRect(QRect(track.left() + x, track.bottom() - high, 1, high), colour);
    }
  }
}

void TimelineView::paintMarks(QPainter& painter) const {
  const int size = theme().px(4);
  painter.setPen(Qt::NoPen);
  for (const HistoryMark& mark : run_->history().marks()) {
    if (mark.kind == EventKind::FreeStateChange || mark.kind == EventKind::Block) continue;
    if (mark.time < axis_.from() || mark.time > axis_.to()) continue;
    if (mark.kind == EventKind::SettingChange && mark.time == VirtualTime(0)) continue;
    const int x = axis_.xOf(mark.time), y = area_.top() - 1;
    painter.setBrush(theme().colour(mark.kind == EventKind::Crash ? Hue::Swapped : Hue::Text));
    painter.drawPolygon(QPolygon({QPoint(x - size, y - size), QPoint(x + size, y - size), QPoint(x, y + size)}));
  }
}

void TimelineView::paintBackground() {
  const double ratio = devicePixelRatioF();
  background_ = QPixmap(size() * ratio);
  background_.setDevicePixelRatio(ratio);
  background_.fill(theme().colour(Hue::Ground));
  backgroundStale_ = false;
  QPainter painter(&background_);
  paintAll(painter);
}

void TimelineView::paintAll(QPainter& painter) const {
  if (run_ == nullptr) return;
  const bool machine = seesMachine(seat_);
  if (machine) {
    paintStates(painter);
    paintArea(painter);
    paintTracks(painter);
    paintMarks(painter);
  } else {
    paintGuest(painter);
  }
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  painter.setFont(chip);
  painter.setPen(theme().colour(Hue::Dim));
  for (const TimeAxis::Tick& tick : axis_.ticks(theme().px(90))) {
    const int wide = metrics.horizontalAdvance(tick.label);
    const int left = std::clamp(tick.x - wide / 2, axis_.left(), std::max(axis_.left() + axis_.width() - wide, axis_.left()));
    painter.drawText(QRect(left, axisRow_.top(), wide + 2, axisRow_.height()), Qt::AlignLeft | Qt::AlignTop, tick.label);
    painter.fillRect(QRect(tick.x, axisRow_.bottom() - theme().px(2), 1, theme().px(3)), theme().colour(Hue::Dim));
  }
  const auto label = [&](const QRect& row, const QString& text) {
    painter.drawText(QRect(theme().px(10), row.top(), labels_.width() - theme().px(14), row.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     text);
  };
  if (!machine) {
    const QRect first(0, states_.top(), 1, metrics.height());
    return label(first, metrics.elidedText(qstring(run_->world().name(guest())), Qt::ElideRight, labels_.width() - theme().px(14)));
  }
  label(states_, tr("free state"));
  label(area_, tr("machine"));
  const int height = tracks_.height() / static_cast<int>(kGates);
  if (height <= 0) return;
  for (const Gate gate : kAllGates) label(QRect(0, tracks_.top() + static_cast<int>(gate) * height, 1, height), nameOf(gate));
}

void TimelineView::paintEvent(QPaintEvent* event) {
  if (backgroundStale_) paintBackground();
  QPainter painter(this);
  const QRect exposed = event->rect();
  const double ratio = background_.devicePixelRatio();
  if (drawsShapes(painter)) {
    painter.fillRect(rect(), theme().colour(Hue::Ground));
    paintAll(painter);
  } else {
    painter.drawPixmap(QRectF(exposed), background_, QRectF(QPointF(exposed.topLeft()) * ratio, QSizeF(exposed.size()) * ratio));
  }
  if (run_ == nullptr) return;
  const int top = states_.top(), bottom = tracks_.bottom() + 1;
  if (const auto range = run_->selection().range()) {
    QColor shade = theme().colour(Hue::Accent);
    const int left = axis_.xOf(range->from), right = axis_.xOf(range->to);
    painter.fillRect(QRect(left, top, 1, bottom - top), shade);
    painter.fillRect(QRect(right, top, 1, bottom - top), shade);
    shade.setAlpha(40);
    painter.fillRect(QRect(left, top, right - left, bottom - top), shade);
  }
  const VirtualTime now = run_->playback().now();
  if (now >= axis_.from() && now <= axis_.to()) {
    nowX_ = axis_.xOf(now);
    const int size = theme().px(5);
    painter.fillRect(QRect(nowX_ - 1, axisRow_.bottom() - size, 2, bottom - axisRow_.bottom() + size), theme().colour(Hue::Accent));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().colour(Hue::Accent));
    const int y = axisRow_.bottom() - size;
    painter.drawPolygon(QPolygon({QPoint(nowX_ - size, y - size), QPoint(nowX_ + size, y - size), QPoint(nowX_, y + size)}));
  }
  if (hasFocus()) {
    painter.setPen(QPen(theme().colour(Hue::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRect(axis_.left() - 1, states_.top() - 1, axis_.width() + 1, tracks_.bottom() - states_.top() + 2));
  }
}

void TimelineView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  rebuild();
}

void TimelineView::scrubTo(int x) { run_->playback().seek(axis_.timeAt(x)); }

void TimelineView::mousePressEvent(QMouseEvent* event) {
  if (run_ == nullptr || event->button() != Qt::LeftButton || event->pos().x() < axis_.left()) return;
  pressX_ = event->pos().x();
  const bool above = event->pos().y() < area_.top();
  drag_ = above ? Drag::Scrub : Drag::Range;
  if (above) scrubTo(pressX_);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
  if (run_ == nullptr || drag_ == Drag::None) return;
  const int x = event->pos().x();
  if (drag_ == Drag::Scrub) return scrubTo(x);
  if (std::abs(x - pressX_) < kDragPixels) return;
  const VirtualTime a = axis_.timeAt(std::min(x, pressX_)), b = axis_.timeAt(std::max(x, pressX_));
  run_->selection().setRange(TimeRange{a, b});
  update();
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
  if (run_ != nullptr && drag_ == Drag::Range && std::abs(event->pos().x() - pressX_) < kDragPixels) {
    run_->selection().setRange(std::nullopt);
    update();
    scrubTo(event->pos().x());
  }
  drag_ = Drag::None;
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent*) {
  if (run_ == nullptr) return;
  if (const auto range = run_->selection().range())
    zoomTo(range->from, range->to);
  else
    zoomOut();
}

void TimelineView::wheelEvent(QWheelEvent* event) {
  if (run_ == nullptr || (event->modifiers() & Qt::ControlModifier)) return Picture::wheelEvent(event);
  const double factor = event->angleDelta().y() > 0 ? 0.8 : 1.25;
  const VirtualTime around = axis_.timeAt(static_cast<int>(event->position().x()));
  const double before = static_cast<double>((around - axis_.from()).value()) * factor;
  const double behind = static_cast<double>((axis_.to() - around).value()) * factor;
  const auto from =
      before > static_cast<double>(around.value()) ? VirtualTime(0) : around - VirtualTime(static_cast<std::uint64_t>(before));
  zoomTo(from, around + VirtualTime(static_cast<std::uint64_t>(behind)));
  event->accept();
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
  if (run_ == nullptr) return Picture::keyPressEvent(event);
  Playback& playback = run_->playback();
  const VirtualTime now = playback.now();
  const VirtualTime width = axis_.to() - axis_.from();
  const bool coarse = event->key() == Qt::Key_PageUp || event->key() == Qt::Key_PageDown;
  const VirtualTime by = coarse ? width / 10 : width / 200;
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_PageUp: return playback.seek(now - std::min(now, by));
    case Qt::Key_Right:
    case Qt::Key_PageDown: return playback.seek(now + by);
    case Qt::Key_BracketLeft: {
      const VirtualTime to = run_->selection().range() ? std::max(run_->selection().range()->to, now) : axis_.to();
      run_->selection().setRange(TimeRange{now, to});
      return update();
    }
    case Qt::Key_BracketRight: {
      const VirtualTime from = run_->selection().range() ? std::min(run_->selection().range()->from, now) : axis_.from();
      run_->selection().setRange(TimeRange{from, now});
      return update();
    }
    case Qt::Key_Escape:
      if (run_->selection().range())
        run_->selection().setRange(std::nullopt);
      else
        zoomOut();
      return update();
    default: return Picture::keyPressEvent(event);
  }
}

QString TimelineView::tipFor(QPoint point) const {
  if (run_ == nullptr || point.x() < axis_.left()) return {};
  for (const HistoryMark& mark : run_->history().marks()) {
    if (!seesMachine(seat_)) break;
    if (mark.kind == EventKind::FreeStateChange || mark.kind == EventKind::Block) continue;
    if (std::abs(axis_.xOf(mark.time) - point.x()) <= theme().px(5) && std::abs(point.y() - area_.top()) <= theme().px(8))
      return tr("%1: %2 %3").arg(clockText(mark.time), qstring(infoOf(mark.kind).name), qstring(mark.text));
  }
  const VirtualTime time = axis_.timeAt(point.x());
  const History& history = run_->history();
  QStringList lines{clockText(time)};
  if (!seesMachine(seat_)) {
    lines << tr("Drag in the upper row moves the instant. Wheel: nearer, further.");
    return lines.join(QLatin1Char('\n'));
  }
  if (const std::size_t i = history.indexAt(time); i < history.size()) {
    const HostSample& host = history.host(i);
    lines << tr("state %1, %2 free").arg(nameOfState(host.state), mebibytes(host.at(FrameUse::Free)));
    lines << tr("private %1, shared %2, zip store %3")
                 .arg(mebibytes(host.at(FrameUse::Private)), mebibytes(host.at(FrameUse::Shared)), mebibytes(host.at(FrameUse::ZipStore)));
  }
  lines << tr("Above: drag moves the instant. Below: drag selects a range. Wheel: nearer, further.");
  return lines.join(QLatin1Char('\n'));
}

bool TimelineView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), tipFor(help->pos()), this);
  return true;
}

}  // namespace overcommit::gui

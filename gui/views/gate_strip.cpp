// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/gate_strip.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr VirtualTime kRateWindow = seconds(1);
constexpr VirtualTime kCurveWindow = seconds(5);

std::uint64_t perSecond(std::uint64_t now, std::uint64_t before, VirtualTime window) {
  if (window == VirtualTime(0) || now <= before) return 0;
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(now - before) * 1e9 / static_cast<double>(window.value())));
}

QFont narrowed(QFont font, const QString& text, int width) {
  constexpr int kNarrowest = 50;
  const int wanted = QFontMetrics(font).horizontalAdvance(text);
  if (wanted > width && width > 0) font.setStretch(std::max(100 * width / wanted - 2, kNarrowest));
  return font;
}

}  // namespace

GateStrip::GateStrip(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("gateStrip"), tr("Gates: how pages go between guests and machine"), parent),
      table_({tr("gate"), tr("state"), tr("down a second"), tr("up a second"), tr("down in all"), tr("up in all")}) {}

void GateStrip::setCompact(bool compact) {
  if (compact == compact_) return;
  compact_ = compact;
  update();
}

int GateStrip::wantedHeight() const {
  if (compact_) return QFontMetrics(theme().font(FontRole::Strong)).height() + theme().px(8);
  return QFontMetrics(theme().font(FontRole::Strong)).height() + QFontMetrics(theme().font(FontRole::Body)).height() + theme().px(16);
}

void GateStrip::setRun(Run* run) {
  run_ = run;
  boxes_ = {};
  refresh();
}

void GateStrip::refresh() {
  std::vector<QStringList> rows;
  for (const Gate gate : kAllGates) {
    Box& box = boxes_[static_cast<std::size_t>(gate)];
    if (run_ == nullptr) continue;
    const WorldModel& world = run_->world();
    const History& history = run_->history();
    const VirtualTime now = run_->playback().now();
    box.state = stateOf(gate, world);
    box.lock = lockOf(gate, run_->header(), history, run_->playback().sequence());
    if (box.lock == GateLock::Locked)
      box.state = {false, tr("locked shut"), tr("It is locked: no page goes down through it, whatever the host's state is.")};
    box.total = countsOf(gate, world.host());
    const VirtualTime window = std::min(now, kRateWindow);
    const GateCounts before = history.gateAt(gate, now - window);
    box.rate = {perSecond(box.total.down, before.down, window), perSecond(box.total.up, before.up, window)};
    // Steps of the curve lie at round times, so that it moves instead of wobbling.
    const std::uint64_t step = kCurveWindow.value() / kPoints;
    const std::uint64_t last = now.value() / step;
    for (std::size_t i = 0; i < kPoints; ++i) {
      const std::uint64_t index = last + i + 1;
      if (index < kPoints + 1) {
        box.curve[i] = {};
        continue;
      }
      const GateCounts from = history.gateAt(gate, VirtualTime((index - kPoints - 1) * step));
      const GateCounts to = history.gateAt(gate, VirtualTime((index - kPoints) * step));
      box.curve[i] = {to.down - std::min(to.down, from.down), to.up - std::min(to.up, from.up)};
    }
    rows.push_back({nameOf(gate), box.state.shortReason, grouped(box.rate.down), grouped(box.rate.up), grouped(box.total.down),
                    grouped(box.total.up)});
  }
  table_.setRows(rows);
  update();
}

QRect GateStrip::rectOf(std::size_t gate) const {
  const int gap = theme().px(10);
  const int width = (this->width() - gap * static_cast<int>(kGates - 1)) / static_cast<int>(kGates);
  return {static_cast<int>(gate) * (width + gap), 0, width, height() - 1};
}

// The rates of a gate, in its whole box: a click there, with Shift where it locks, shows its events.
std::vector<Figure> GateStrip::figures() const {
  std::vector<Figure> figures;
  if (run_ == nullptr) return figures;
  for (std::size_t i = 0; i < kGates; ++i) figures.push_back({rectOf(i), metricOf(kAllGates[i]), eventsOf(kAllGates[i]), std::nullopt});
  return figures;
}

std::optional<std::size_t> GateStrip::gateAt(QPoint point) const {
  for (std::size_t i = 0; i < kGates; ++i) {
    if (rectOf(i).contains(point)) return i;
  }
  return std::nullopt;
}

void GateStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  for (const Gate gate : kAllGates) {
    const auto i = static_cast<std::size_t>(gate);
    paintBox(painter, rectOf(i), gate, boxes_[i], hasFocus() && current_ == i);
  }
}

void GateStrip::paintBox(QPainter& painter, const QRect& rect, Gate gate, const Box& box, bool focused) const {
  const QColor colour = theme().colour(hueOf(gate));
  painter.setPen(focused ? QPen(theme().colour(Hue::Accent), 2) : QPen(theme().line(), 1));
  painter.setBrush(box.state.open ? theme().colour(Hue::Panel) : theme().colour(Hue::Ground));
  painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  const QRect stripe(rect.left() + 1, rect.top() + theme().px(6), theme().px(4), rect.height() - theme().px(12));
  painter.fillRect(stripe, box.state.open ? colour : QColor::fromRgb(mixed(theme().rgb(Hue::Ground), colour.rgb(), 90)));

  const QRect inner = compact_ ? rect.adjusted(theme().px(12), theme().px(3), -theme().px(10), -theme().px(3))
                               : rect.adjusted(theme().px(12), theme().px(6), -theme().px(10), -theme().px(5));
  // A name that is too long is set narrower rather than cut off.
  const QFont strong = narrowed(theme().font(FontRole::Strong), nameOf(gate), inner.width());
  const QFont small = theme().font(FontRole::Small), body = theme().font(FontRole::Body);
  const QFontMetrics strongMetrics(strong), smallMetrics(small), bodyMetrics(body);
  const QRect top(inner.left(), inner.top(), inner.width(), strongMetrics.height());
  const QRect bottom(inner.left(), inner.bottom() - bodyMetrics.height() + 1, inner.width(), bodyMetrics.height());

  // The curve lies behind the rates, at the right, where the numbers leave room.
  const QString name = nameOf(gate);
  painter.setFont(strong);
  painter.setPen(theme().colour(box.state.open ? Hue::Text : Hue::Dim));
  painter.drawText(top, Qt::AlignLeft | Qt::AlignVCenter, name);
  const QString shortRates = run_ == nullptr          ? QString()
                             : upName(gate).isEmpty() ? QStringLiteral("↓ %1/s").arg(grouped(box.rate.down))
                                                      : QStringLiteral("↓ %1/s ↑ %2/s").arg(grouped(box.rate.down), grouped(box.rate.up));
  if (compact_) {
    painter.setFont(small);
    painter.setPen(theme().colour(box.rate.down + box.rate.up > 0 ? Hue::Text : Hue::Dim));
    const int left = top.width() - strongMetrics.horizontalAdvance(name) - theme().px(8);
    QString words;
    for (const QString& form :
         {shortRates, QStringLiteral("↓ %1/s").arg(grouped(box.rate.down)), QStringLiteral("↓ %1").arg(grouped(box.rate.down))}) {
      if (words.isEmpty() && smallMetrics.horizontalAdvance(form) <= left) words = form;
    }
    painter.drawText(top, Qt::AlignRight | Qt::AlignVCenter, words);
    return;
  }
  const int room = top.width() - strongMetrics.horizontalAdvance(name) - theme().px(8);
  if (box.lock == GateLock::Locked) paintBolt(painter, rect);
  QString reason = box.state.shortReason;
  if (smallMetrics.horizontalAdvance(reason) > room)
    reason = box.lock == GateLock::Locked ? tr("locked") : box.state.open ? tr("open") : tr("closed");
  if (smallMetrics.horizontalAdvance(reason) <= room && run_ != nullptr) {
    painter.setFont(small);
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(top, Qt::AlignRight | Qt::AlignVCenter, reason);
  }
  if (run_ == nullptr) return;
  const QString down = QStringLiteral("↓ %1 %2/s").arg(downName(gate), grouped(box.rate.down));
  const QString up = upName(gate).isEmpty() ? QString() : QStringLiteral("↑ %1 %2/s").arg(upName(gate), grouped(box.rate.up));
  const QString shortDown = QStringLiteral("↓ %1/s").arg(grouped(box.rate.down));
  const QString shortUp = up.isEmpty() ? QString() : QStringLiteral("↑ %1/s").arg(grouped(box.rate.up));
  const int gap = theme().px(14);
  const auto widthOf = [&](const QString& a, const QString& b) {
    return bodyMetrics.horizontalAdvance(a) + (b.isEmpty() ? 0 : gap + bodyMetrics.horizontalAdvance(b));
  };
  const bool longForm = widthOf(down, up) <= bottom.width();
  const QString& first = longForm ? down : shortDown;
  const QString& second = longForm ? up : shortUp;
  painter.setFont(body);
  painter.setPen(theme().colour(box.state.open || box.rate.down > 0 ? Hue::Text : Hue::Dim));
  painter.drawText(bottom, Qt::AlignLeft | Qt::AlignVCenter, first);
  int x = bottom.left() + bodyMetrics.horizontalAdvance(first) + gap;
  if (!second.isEmpty()) {
    painter.setPen(theme().colour(box.rate.up > 0 ? Hue::Text : Hue::Dim));
    painter.drawText(QRect(x, bottom.top(), bottom.right() - x + 1, bottom.height()), Qt::AlignLeft | Qt::AlignVCenter, second);
    x += bodyMetrics.horizontalAdvance(second) + gap;
  }
  const QRect curve(x, bottom.top() + 1, bottom.right() - x + 1, bottom.height() - 2);
  if (curve.width() >= theme().px(36)) paintCurve(painter, curve, gate, box);
}

// A bar across a locked gate, so that it is seen from the back row.
void GateStrip::paintBolt(QPainter& painter, const QRect& rect) const {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme().colour(Hue::Text), theme().px(3), Qt::SolidLine, Qt::FlatCap));
  const int y = rect.top() + 1;
  painter.drawLine(rect.left() + 2, y, rect.right() - 2, y);
  painter.drawLine(rect.left() + 2, rect.bottom() - 1, rect.right() - 2, rect.bottom() - 1);
  painter.restore();
}

// Down from the line, up from the line: as pages go.
void GateStrip::paintCurve(QPainter& painter, const QRect& rect, Gate gate, const Box& box) const {
  std::uint64_t most = 1;
  for (const GateCounts& point : box.curve) most = std::max({most, point.down, point.up});
  const int middle = rect.center().y();
  const QColor colour = theme().colour(hueOf(gate));
  painter.fillRect(QRect(rect.left(), middle, rect.width(), 1), theme().line());
  for (std::size_t i = 0; i < kPoints; ++i) {
    const int left = rect.left() + static_cast<int>(i) * rect.width() / static_cast<int>(kPoints);
    const int right = rect.left() + static_cast<int>(i + 1) * rect.width() / static_cast<int>(kPoints);
    const auto lengthOf = [&](std::uint64_t pages) {
      if (pages == 0) return 0;
      return std::max(1, static_cast<int>(static_cast<double>(pages) / static_cast<double>(most) * rect.height() / 2));
    };
    const int down = lengthOf(box.curve[i].down), up = lengthOf(box.curve[i].up);
    if (down > 0) painter.fillRect(QRect(left, middle + 1, std::max(right - left, 1), down), colour);
    if (up > 0) painter.fillRect(QRect(left, middle - up, std::max(right - left, 1), up), colour);
  }
}

void GateStrip::mousePressEvent(QMouseEvent* event) {
  const auto gate = gateAt(event->pos());
  if (!gate) return;
  current_ = *gate;
  update();
  if (event->button() == Qt::LeftButton) choose(*gate, event->modifiers());
}

void GateStrip::setLocks(Locks locks) {
  if (locks == locks_) return;
  locks_ = locks;
  setCursor(locks == Locks::Work ? Qt::PointingHandCursor : Qt::ArrowCursor);
  update();
}

void GateStrip::choose(std::size_t gate, Qt::KeyboardModifiers modifiers) {
  if (canLock(gate) && !(modifiers & Qt::ShiftModifier))
    wantLock(gate);
  else
    Q_EMIT gateChosen(kAllGates[gate]);
}

void GateStrip::wantLock(std::size_t gate) {
  Q_EMIT lockWanted(kAllGates[gate], boxes_[gate].lock == GateLock::Locked ? GateLock::Unlocked : GateLock::Locked);
}

void GateStrip::contextMenuEvent(QContextMenuEvent* event) {
  const auto under = event->reason() == QContextMenuEvent::Mouse ? gateAt(event->pos()) : std::optional(current_);
  if (!under || run_ == nullptr) return;
  const std::size_t gate = *under;
  QMenu menu(this);
  menu.setObjectName(QStringLiteral("gateMenu"));
  QAction* lock = menu.addAction(boxes_[gate].lock == GateLock::Locked ? tr("Unlock it") : tr("Lock it shut"));
  lock->setEnabled(canLock(gate));
  connect(lock, &QAction::triggered, this, [this, gate] { wantLock(gate); });
  connect(menu.addAction(tr("Show its events")), &QAction::triggered, this, [this, gate] { Q_EMIT gateChosen(kAllGates[gate]); });
  menu.exec(event->globalPos());
}

void GateStrip::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (key == Qt::Key_Left || key == Qt::Key_Right) {
    current_ = (current_ + (key == Qt::Key_Right ? 1 : kGates - 1)) % kGates;
    return update();
  }
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    choose(current_, event->modifiers());
    return;
  }
  Picture::keyPressEvent(event);
}

bool GateStrip::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto gate = gateAt(help->pos());
    QString text;
    if (gate && run_ != nullptr) {
      const Box& box = boxes_[*gate];
      text = tr("%1: %2\n%3 pages down and %4 back so far. The curve shows the last five virtual seconds.")
                 .arg(nameOf(kAllGates[*gate]), box.state.reason, grouped(box.total.down), grouped(box.total.up)) +
             QStringLiteral("\n%1\n").arg(metricOf(kAllGates[*gate]));
      if (!canLock(*gate))
        text += tr("Click: the events of this gate");
      else
        text += box.lock == GateLock::Locked ? tr("Click: unlocks it. Shift+click: its events")
                                             : tr("Click: locks it shut. Shift+click: its events");
    }
    QToolTip::showText(help->globalPos(), text, this);
    return true;
  }
  return Picture::event(event);
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/flights.h"

#include <QFontMetrics>
#include <QPainter>
#include <algorithm>
#include <bit>

#include "gui/session/flight_plan.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kFlightFrame = 16;    // ms
constexpr int kLongestStall = 100;  // ms that one step of the animation makes up for

}  // namespace

Flights::Flights(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName(QStringLiteral("flights"));
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFocusPolicy(Qt::NoFocus);
  timer_.setInterval(kFlightFrame);
  connect(&timer_, &QTimer::timeout, this, [this] {
    const auto passed = static_cast<int>(std::min<qint64>(wall_.restart(), kLongestStall));
    advance(passed);
  });
  hide();
}

int Flights::sizeOf(std::uint64_t count) const {
  const int side = theme_.px(8);
  return count < 2 ? side : side + std::min(static_cast<int>(std::bit_width(count)), 12) * theme_.px(1);
}

QRect Flights::rectOf(const Flying& one) const {
  const double part = std::clamp(static_cast<double>(one.age) / one.duration, 0.0, 1.0);
  const QPointF at = QPointF(one.sprite.from) + QPointF(one.sprite.to - one.sprite.from) * part;
  const int side = sizeOf(one.sprite.count);
  return {static_cast<int>(at.x()) - side / 2, static_cast<int>(at.y()) - side / 2, side, side};
}

void Flights::start(const std::vector<Sprite>& sprites, Pace pace) {
  for (const Sprite& sprite : sprites) {
    if (flying_.size() >= FlightPlan::kMostFlights) break;
    flying_.push_back({sprite, 0, pace == Pace::Slow ? kSlowMilliseconds : kMilliseconds, {}});
  }
  if (flying_.empty()) return;
  setGeometry(parentWidget()->rect());
  raise();
  show();
  if (!timer_.isActive()) {
    wall_.start();
    timer_.start();
  }
  advance(0);
}

void Flights::clear() {
  flying_.clear();
  timer_.stop();
  hide();
}

void Flights::advance(int milliseconds) {
  const int label = QFontMetrics(theme_.font(FontRole::Chip)).horizontalAdvance(QStringLiteral("×00,000,000")) + theme_.px(8);
  for (Flying& one : flying_) {
    update(one.drawn);
    one.age += milliseconds;
    const QRect at = rectOf(one);
    one.drawn = one.sprite.count > 1 ? at.adjusted(-2, -theme_.px(6), label, theme_.px(6)) : at.adjusted(-2, -2, 2, 2);
    update(one.drawn);
  }
  std::erase_if(flying_, [](const Flying& one) { return one.age >= one.duration; });
  if (flying_.empty()) clear();
}

void Flights::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  const QFont chip = theme_.font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  painter.setFont(chip);
  for (const Flying& one : flying_) {
    if (!event->region().intersects(one.drawn)) continue;
    const QRect at = rectOf(one);
    painter.fillRect(at.adjusted(-1, -1, 1, 1), theme_.colour(Hue::Ground));
    painter.fillRect(at, theme_.colour(one.sprite.hue));
    if (one.sprite.count < 2) continue;
    const QString text = QStringLiteral("×%1").arg(grouped(one.sprite.count));
    const QRect words(at.right() + theme_.px(3), at.center().y() - metrics.height() / 2, metrics.horizontalAdvance(text) + theme_.px(4),
                      metrics.height());
    painter.fillRect(words, theme_.colour(Hue::Ground));
    painter.setPen(theme_.colour(Hue::Text));
    painter.drawText(words, Qt::AlignCenter, text);
  }
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/free_state_gauge.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {

FreeStateGauge::FreeStateGauge(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("freeStateGauge"), tr("Free-memory state: how much is free, and what that permits"), parent),
      table_({tr("state"), tr("current"), tr("entered below"), tr("permits")}) {}

void FreeStateGauge::setRun(Run* run) {
  run_ = run;
  refresh();
}

// 4 % of MinFree (docs/reference/policies.md), rounded up.
std::uint64_t FreeStateGauge::hysteresis() const {
  const WorldHost& host = run_->world().host();
  const std::uint64_t clear = host.thresholdOf(FreeState::Clear);
  const std::uint64_t minFree = clear != 0 ? clear : host.thresholdOf(FreeState::High);
  return (minFree * 4 + 99) / 100;
}

std::vector<FreeStateGauge::Row> FreeStateGauge::rows() const {
  std::vector<Row> rows;
  if (run_ == nullptr) return rows;
  const WorldHost& host = run_->world().host();
  const std::uint64_t high = host.thresholdOf(FreeState::High), clear = host.thresholdOf(FreeState::Clear);
  const std::uint64_t soft = host.thresholdOf(FreeState::Soft), hard = host.thresholdOf(FreeState::Hard),
                      low = host.thresholdOf(FreeState::Low);
  if (high == 0) return rows;
  const bool five = clear != 0;
  const std::uint64_t top = high * 13 / 10;
  if (five) {
    rows.push_back({FreeState::High, clear, std::max(top, clear), tr("large pages are broken below %1").arg(mebibytes(high))});
    rows.push_back({FreeState::Clear, soft, clear, tr("break large pages, look for equal ones")});
    rows.push_back({FreeState::Soft, hard, soft, tr("share, and ask balloon drivers")});
    rows.push_back({FreeState::Hard, low, hard, tr("compress and swap; balloons too slow")});
    rows.push_back({FreeState::Low, 0, low, tr("compress and swap; block VMs above their target")});
  } else {
    rows.push_back({FreeState::High, soft, std::max(top, soft), tr("sharing; balloons below %1").arg(mebibytes(high))});
    rows.push_back({FreeState::Soft, hard, soft, tr("+ balloon; swap where no balloon helps")});
    rows.push_back({FreeState::Hard, low, hard, tr("+ compress and swap, all VMs")});
    rows.push_back({FreeState::Low, 0, low, tr("+ block VMs above their target")});
  }
  return rows;
}

void FreeStateGauge::refresh() {
  rows_ = rows();
  std::vector<QStringList> texts;
  if (run_ != nullptr) {
    const WorldHost& host = run_->world().host();
    for (const Row& row : rows_) {
      const std::uint64_t entered = host.thresholdOf(row.state);
      texts.push_back({nameOfState(row.state), host.freeState == row.state ? tr("yes") : tr("no"),
                       row.state == FreeState::High ? QString() : mebibytes(entered), row.permits});
    }
  }
  if (run_ != nullptr && texts.empty())
    texts.push_back({nameOfState(run_->world().host().freeState), tr("yes"), QString(), tr("the thresholds are not set yet")});
  table_.setRows(texts);
  update();
}

void FreeStateGauge::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  const QFont strong = theme().font(FontRole::Strong), small = theme().font(FontRole::Small), body = theme().font(FontRole::Body);
  const QFontMetrics strongMetrics(strong), smallMetrics(small), bodyMetrics(body);
  const QRect inner = rect().adjusted(theme().px(12), theme().px(8), -theme().px(12), -theme().px(8));
  if (run_ == nullptr || rows_.empty()) {
    painter.setFont(body);
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(
        inner, Qt::AlignCenter | Qt::TextWordWrap,
        run_ == nullptr ? tr("Open a run to see its free memory.") : tr("The host's thresholds are not set yet: step on a little."));
    return;
  }
  const WorldHost& host = run_->world().host();
  const std::uint64_t free = host.at(FrameUse::Free), all = run_->world().hostMemory().value();

  // Below the gauge: free memory in words.
  QStringList lines;
  lines << tr("%1 of %2 free (%3 %)")
               .arg(mebibytes(free), mebibytes(all))
               .arg(100.0 * static_cast<double>(free) / static_cast<double>(std::max<std::uint64_t>(all, 1)), 0, 'f', 1);
  const std::uint64_t scale = run_->header().frameScale;
  if (scale > 1) lines << tr("stands for %1 of %2").arg(mebibytes(free * scale), mebibytes(all * scale));
  const int wordsHeight = bodyMetrics.height() + (scale > 1 ? smallMetrics.height() : 0) + theme().px(6);
  const QRect gauge(inner.left(), inner.top() + theme().px(6), theme().px(30), inner.height() - wordsHeight - theme().px(12));
  // Not higher than there is to say.
  const int most = strongMetrics.height() + 3 * smallMetrics.height() + theme().px(12);
  const int rowHeight = std::clamp(gauge.height() / static_cast<int>(rows_.size()), 1, most);
  const int textLeft = gauge.right() + theme().px(16);

  painter.fillRect(QRect(gauge.left(), gauge.top(), gauge.width(), rowHeight * static_cast<int>(rows_.size())), theme().colour(Hue::Empty));
  const QColor fill = QColor::fromRgb(mixed(theme().rgb(Hue::Ground), theme().rgb(Hue::Text), 140));
  int freeY = gauge.top() + rowHeight * static_cast<int>(rows_.size());
  for (std::size_t i = rows_.size(); i-- > 0;) {
    const Row& row = rows_[i];
    const int top = gauge.top() + static_cast<int>(i) * rowHeight;
    const std::uint64_t span = std::max<std::uint64_t>(row.to - std::min(row.to, row.from), 1);
    const auto yOf = [&](std::uint64_t pages) {
      const std::uint64_t inside = std::clamp(pages, row.from, row.to) - row.from;
      return top + rowHeight - static_cast<int>(std::lround(static_cast<double>(inside) / static_cast<double>(span) * rowHeight));
    };
    if (free > row.from) {
      const int y = yOf(free);
      painter.fillRect(QRect(gauge.left(), y, gauge.width(), top + rowHeight - y), fill);
      freeY = std::min(freeY, y);
    }
    if (i + 1 < rows_.size()) {
      // Hysteresis of the state below: until so much more is free, it is not left.
      const int y = yOf(row.from + hysteresis());
      const QRect band(gauge.left(), y, gauge.width(), top + rowHeight - y);
      painter.fillRect(band, QBrush(theme().colour(Hue::Text), Qt::BDiagPattern));
    }
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme().line(), 1));
  painter.drawRect(QRect(gauge.left(), gauge.top(), gauge.width() - 1, rowHeight * static_cast<int>(rows_.size()) - 1));
  // Where free memory stands now.
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme().colour(Hue::Text));
  const int arrow = theme().px(6);
  painter.drawPolygon(QPolygon({QPoint(gauge.right() + 2, freeY), QPoint(gauge.right() + 2 + arrow, freeY - arrow),
                                QPoint(gauge.right() + 2 + arrow, freeY + arrow)}));

  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const int top = gauge.top() + static_cast<int>(i) * rowHeight;
    // In a low row the name takes all of it.
    const bool low = rowHeight < strongMetrics.height() + theme().px(8);
    const int rim = low ? 0 : 2;
    const QRect box(textLeft, top + rim, inner.right() - textLeft + 1, rowHeight - 2 * rim);
    const bool current = host.freeState == row.state;
    if (current) {
      painter.setBrush(theme().colour(Hue::Panel));
      painter.setPen(QPen(theme().colour(Hue::Accent), 2));
      painter.drawRoundedRect(box, 3, 3);
    }
    if (i > 0) {
      painter.fillRect(QRect(gauge.left(), top, gauge.width() + theme().px(8), 1), theme().colour(Hue::Text));
    }
    const QRect text = box.adjusted(theme().px(8), low ? 0 : theme().px(2), -theme().px(8), low ? 0 : -theme().px(2));
    painter.setFont(strong);
    painter.setPen(theme().colour(current ? Hue::Text : Hue::Dim));
    const QRect first(text.left(), text.top(), text.width(), low ? text.height() : strongMetrics.height());
    painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, nameOfState(row.state));
    if (row.state != FreeState::High) {
      painter.setFont(small);
      painter.setPen(theme().colour(Hue::Dim));
      painter.drawText(first, Qt::AlignRight | Qt::AlignVCenter, tr("below %1").arg(mebibytes(host.thresholdOf(row.state))));
    }
    const QRect rest(text.left(), first.bottom() + 1, text.width(), text.bottom() - first.bottom());
    painter.setFont(small);
    painter.setPen(theme().colour(current ? Hue::Text : Hue::Dim));
    const QRect needed = smallMetrics.boundingRect(QRect(0, 0, rest.width(), 1000), Qt::TextWordWrap, row.permits);
    if (needed.height() <= rest.height())
      painter.drawText(rest, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, row.permits);
    else if (rest.height() >= smallMetrics.height())
      painter.drawText(rest, Qt::AlignLeft | Qt::AlignTop, smallMetrics.elidedText(row.permits, Qt::ElideRight, rest.width()));
  }
  QRect words(inner.left(), gauge.top() + rowHeight * static_cast<int>(rows_.size()) + theme().px(10), inner.width(), bodyMetrics.height());
  painter.setFont(body);
  painter.setPen(theme().colour(Hue::Text));
  painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, lines.front());
  if (lines.size() > 1) {
    painter.setFont(small);
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(words.translated(0, bodyMetrics.height()), Qt::AlignLeft | Qt::AlignVCenter, lines.back());
  }
}

void FreeStateGauge::mousePressEvent(QMouseEvent*) { Q_EMIT stateChosen(); }

void FreeStateGauge::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter) return Picture::keyPressEvent(event);
  Q_EMIT stateChosen();
}

bool FreeStateGauge::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  if (run_ != nullptr && !rows_.empty())
    text = tr("A state is entered when less than its threshold is free. It is left again only when %1 more than the next higher "
              "threshold\nis free "
              "(hatched), so that the host does not flutter between two states. Click: all changes of the state")
               .arg(mebibytes(hysteresis()));
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

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
  const QStringList words = this->words();
  const bool same = words == words_;
  words_ = words;
  if (texts != texts_ || rows_.empty()) {
    texts_ = texts;
    table_.setRows(texts);
    return update();
  }
  // Only free memory moved: the states' words stay.
  const Layout at = layOut();
  if (at.freeY != freeY_) update(QRect(0, 0, at.textLeft, height()));
  if (!same) update(at.words.united(at.scaled));
}

void FreeStateGauge::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  if (run_ == nullptr || rows_.empty()) {
    const int margin = theme().px(12);
    painter.setFont(theme().font(FontRole::Body));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(
        rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap,
        run_ == nullptr ? tr("Open a run to see its free memory.") : tr("The host's thresholds are not set yet: step on a little."));
    return;
  }
  const Layout at = layOut();
  freeY_ = at.freeY;
  const QRegion& exposed = event->region();
  if (exposed.intersects(QRect(0, 0, at.textLeft, height()))) paintGauge(painter, at);
  const QRect texts(at.textLeft, at.bar.top(), width() - at.textLeft, at.bar.height());
  for (std::size_t i = 0; i < rows_.size() && exposed.intersects(texts); ++i) paintRow(painter, at, i);
  if (exposed.intersects(at.words.united(at.scaled))) paintWords(painter, at);
}

FreeStateGauge::Layout FreeStateGauge::layOut() const {
  const QFontMetrics strong(theme().font(FontRole::Strong)), small(theme().font(FontRole::Small)), body(theme().font(FontRole::Body));
  const QRect inner = rect().adjusted(theme().px(12), theme().px(8), -theme().px(12), -theme().px(8));
  const int scaledHeight = run_->header().frameScale > 1 ? small.height() : 0;
  const int top = inner.top() + theme().px(6);
  const int room = inner.height() - body.height() - scaledHeight - theme().px(18);
  const int rows = static_cast<int>(rows_.size());
  Layout at;
  // Not higher than there is to say.
  at.rowHeight = std::clamp(room / rows, 1, strong.height() + 3 * small.height() + theme().px(12));
  at.bar = QRect(inner.left(), top, theme().px(30), at.rowHeight * rows);
  at.textLeft = at.bar.right() + theme().px(16);
  at.words = QRect(inner.left(), at.bar.bottom() + 1 + theme().px(10), inner.width(), body.height());
  at.scaled = QRect(inner.left(), at.words.bottom() + 1, inner.width(), scaledHeight);
  at.freeY = at.bar.bottom() + 1;
  const std::uint64_t free = run_->world().host().at(FrameUse::Free);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (free > rows_[i].from) at.freeY = std::min(at.freeY, yOf(at, i, free));
  }
  return at;
}

// In the part of the bar that stands for one state.
int FreeStateGauge::yOf(const Layout& at, std::size_t row, std::uint64_t pages) const {
  const std::uint64_t from = rows_[row].from, span = std::max<std::uint64_t>(rows_[row].to - std::min(rows_[row].to, from), 1);
  const std::uint64_t inside = std::clamp(pages, from, std::max(rows_[row].to, from)) - from;
  const int bottom = at.bar.top() + (static_cast<int>(row) + 1) * at.rowHeight;
  return bottom - static_cast<int>(std::lround(static_cast<double>(inside) / static_cast<double>(span) * at.rowHeight));
}

void FreeStateGauge::paintGauge(QPainter& painter, const Layout& at) const {
  painter.fillRect(at.bar, theme().colour(Hue::Empty));
  const QColor fill = QColor::fromRgb(mixed(theme().rgb(Hue::Ground), theme().rgb(Hue::Text), 140));
  const auto fillFrom = [&](int y, int bottom, const QBrush& brush) {
    painter.fillRect(QRect(at.bar.left(), y, at.bar.width(), bottom - y), brush);
  };
  fillFrom(at.freeY, at.bar.bottom() + 1, fill);
  // Hysteresis of the state below: until so much more is free, it is not left.
  for (std::size_t i = 0; i + 1 < rows_.size(); ++i)
    fillFrom(yOf(at, i, rows_[i].from + hysteresis()), yOf(at, i, rows_[i].from), QBrush(theme().colour(Hue::Text), Qt::BDiagPattern));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme().line(), 1));
  painter.drawRect(at.bar.adjusted(0, 0, -1, -1));
  for (int i = 1; i < static_cast<int>(rows_.size()); ++i)
    painter.fillRect(QRect(at.bar.left(), at.bar.top() + i * at.rowHeight, at.bar.width() + theme().px(8), 1), theme().colour(Hue::Text));
  // Where free memory stands now.
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme().colour(Hue::Text));
  const int arrow = theme().px(6), tip = at.bar.right() + 2;
  painter.drawPolygon(QPolygon({QPoint(tip, at.freeY), QPoint(tip + arrow, at.freeY - arrow), QPoint(tip + arrow, at.freeY + arrow)}));
}

void FreeStateGauge::paintRow(QPainter& painter, const Layout& at, std::size_t index) const {
  const QFont strong = theme().font(FontRole::Strong), small = theme().font(FontRole::Small);
  const QFontMetrics strongMetrics(strong), smallMetrics(small);
  const Row& row = rows_[index];
  const WorldHost& host = run_->world().host();
  // In a low row the name takes all of it.
  const bool low = at.rowHeight < strongMetrics.height() + theme().px(8);
  const int rim = low ? 0 : 2;
  const int top = at.bar.top() + static_cast<int>(index) * at.rowHeight + rim;
  const QRect box(at.textLeft, top, at.words.right() - at.textLeft + 1, at.rowHeight - 2 * rim);
  const bool current = host.freeState == row.state;
  if (current) {
    painter.setBrush(theme().colour(Hue::Panel));
    painter.setPen(QPen(theme().colour(Hue::Accent), 2));
    painter.drawRoundedRect(box, 3, 3);
  }
  const QRect text = box.adjusted(theme().px(8), low ? 0 : theme().px(2), -theme().px(8), low ? 0 : -theme().px(2));
  painter.setFont(strong);
  painter.setPen(theme().colour(current ? Hue::Text : Hue::Dim));
  const QRect first(text.left(), text.top(), text.width(), low ? text.height() : strongMetrics.height());
  painter.drawText(first, Qt::AlignLeft | Qt::AlignVCenter, nameOfState(row.state));
  painter.setFont(small);
  if (row.state != FreeState::High) {
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(first, Qt::AlignRight | Qt::AlignVCenter, tr("below %1").arg(mebibytes(host.thresholdOf(row.state))));
  }
  const QRect rest(text.left(), first.bottom() + 1, text.width(), text.bottom() - first.bottom());
  painter.setPen(theme().colour(current ? Hue::Text : Hue::Dim));
  const QRect needed = smallMetrics.boundingRect(QRect(0, 0, rest.width(), 1000), Qt::TextWordWrap, row.permits);
  if (needed.height() <= rest.height())
    painter.drawText(rest, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, row.permits);
  else if (rest.height() >= smallMetrics.height())
    painter.drawText(rest, Qt::AlignLeft | Qt::AlignTop, smallMetrics.elidedText(row.permits, Qt::ElideRight, rest.width()));
}

QStringList FreeStateGauge::words() const {
  if (run_ == nullptr) return {};
  const std::uint64_t free = run_->world().host().at(FrameUse::Free), all = run_->world().hostMemory().value();
  const std::uint64_t scale = run_->header().frameScale;
  QStringList words{tr("%1 of %2 free (%3 %)")
                        .arg(mebibytes(free), mebibytes(all))
                        .arg(100.0 * static_cast<double>(free) / static_cast<double>(std::max<std::uint64_t>(all, 1)), 0, 'f', 1)};
  if (scale > 1) words << tr("stands for %1 of %2").arg(mebibytes(free * scale), mebibytes(all * scale));
  return words;
}

// Below the gauge: free memory in words.
void FreeStateGauge::paintWords(QPainter& painter, const Layout& at) const {
  painter.setFont(theme().font(FontRole::Body));
  painter.setPen(theme().colour(Hue::Text));
  painter.drawText(at.words, Qt::AlignLeft | Qt::AlignVCenter, words_.front());
  if (words_.size() < 2) return;
  painter.setFont(theme().font(FontRole::Small));
  painter.setPen(theme().colour(Hue::Dim));
  painter.drawText(at.scaled, Qt::AlignLeft | Qt::AlignVCenter, words_.back());
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

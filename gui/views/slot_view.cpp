// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/slot_view.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>
#include <algorithm>

#include "gui/models/subject_text.h"
#include "gui/session/gate.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::size_t kMostRows = 20'000;  // of the table

}  // namespace

SlotView::SlotView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("slotView"), tr("Swap file: its slots"), parent), table_({tr("slot"), tr("page"), tr("used as")}) {}

void SlotView::show(Run* run, std::optional<VmId> vm) {
  const bool another = run != run_ || vm != vm_;
  run_ = run;
  vm_ = vm;
  if (another) chosen_.reset();
  const std::uint64_t before = capacity_;
  capacity_ = 0;
  if (run_ != nullptr && vm_) {
    const std::uint64_t memory = run_->world().memory(*vm_).value();
    capacity_ = memory - std::min(memory, run_->world().vm(*vm_).reservationPages);
    // A file keeps the size that it was made with; what lies behind a reservation that was raised since is still there.
    run_->world().forEachSlot(*vm_, [this](std::uint64_t slot, bool taken) {
      if (taken) capacity_ = std::max(capacity_, slot + 1);
    });
  }
  fill();
  if (another || before != capacity_) return layOut();
  const QRect changed = map_.update(field_);
  if (!changed.isEmpty()) update(changed);
  update(QRect(0, 0, width(), theme().px(26)));
}

void SlotView::fill() {
  if (field_.size() != capacity_) field_ = CellField(capacity_);
  used_ = 0;
  std::vector<QStringList> rows;
  if (run_ != nullptr && vm_) {
    const WorldModel& world = run_->world();
    world.forEachSlot(*vm_, [&](std::uint64_t slot, bool taken) {
      if (slot >= capacity_) return;
      field_.set(slot, taken ? CellState::Swapped : CellState::Empty, CellField::Change::Quiet);
      if (!taken) return;
      ++used_;
      if (rows.size() == kMostRows) return;
      const auto gfn = world.swapSlot(*vm_, slot);
      if (gfn) rows.push_back({QString::number(slot), hexText(gfn->value()), nameOfGuestUse(world.page(*vm_, *gfn).guestUse)});
    });
  }
  // The sum first, so that an empty file says so.
  rows.insert(rows.begin(), {tr("used"), tr("%1 of %2").arg(grouped(used_), grouped(capacity_)), mebibytes(used_)});
  table_.setRows(rows);
}

QString SlotView::usedText() const {
  return tr("%1 of %2 slots used, %3 of %4").arg(grouped(used_), grouped(capacity_), mebibytes(used_), mebibytes(capacity_));
}

void SlotView::layOut() {
  const int margin = theme().px(12), head = theme().px(26);
  const QRect room(margin, head, std::max(width() - 2 * margin, 1), std::max(height() - head - theme().px(8), 1));
  map_.layOut(room, capacity_, MapOrder::ByAddress, devicePixelRatioF(), theme(), Hue::Ground);
  map_.update(field_);
  std::vector<Figure> figures;
  if (run_ != nullptr && vm_)
    figures.push_back({QRect(margin, 0, std::max(width() - 2 * margin, 1), head),
                       QStringLiteral("vm.%1.swapped").arg(qstring(run_->world().name(*vm_))), eventsOf(Gate::Swap), vm_});
  setFigures(std::move(figures));
  update();
}

void SlotView::choose(std::optional<std::uint64_t> slot) {
  if (chosen_ == slot) return;
  chosen_ = slot;
  update();
}

void SlotView::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.fillRect(event->rect(), theme().colour(Hue::Ground));
  const int margin = theme().px(12);
  const QRect line(margin, 0, width() - 2 * margin, theme().px(24));
  if (run_ == nullptr || !vm_ || capacity_ == 0) {
    painter.setFont(theme().font(FontRole::Body));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(
        rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap,
        run_ == nullptr ? tr("Open a run to see its swap files.") : tr("This VM has no swap file: all of its memory is reserved."));
    return;
  }
  paintHeading(painter, line, qstring(run_->world().name(*vm_)), usedText(),
               map_.geometry().sorted() ? QString() : tr("1 cell = 1 slot = 4 KiB"));
  map_.paint(painter, event->rect());
  if (chosen_ && *chosen_ < capacity_) map_.paintMarker(painter, *chosen_, theme());
  if (hasFocus()) {
    painter.setPen(QPen(theme().colour(Hue::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void SlotView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void SlotView::mousePressEvent(QMouseEvent* event) {
  if (run_ == nullptr || !vm_ || chooseFigure(event->pos())) return;
  const auto slot = map_.pageAt(event->pos());
  if (!slot) return;
  choose(slot);
  Q_EMIT slotChosen(*vm_, *slot);
}

void SlotView::keyPressEvent(QKeyEvent* event) {
  const std::int64_t by = map_.stepOf(event->key());
  if (by == 0 || run_ == nullptr || !vm_ || capacity_ == 0) return Picture::keyPressEvent(event);
  const std::int64_t to = chosen_ ? static_cast<std::int64_t>(*chosen_) + by : 0;
  if (to < 0 || to >= static_cast<std::int64_t>(capacity_)) return;
  choose(static_cast<std::uint64_t>(to));
  Q_EMIT slotChosen(*vm_, static_cast<std::uint64_t>(to));
}

bool SlotView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  const auto slot = map_.pageAt(help->pos());
  if (const auto figure = figureAt(help->pos())) {
    text = tipOf(*figure);
  } else if (slot && run_ != nullptr && vm_) {
    const auto holder = run_->world().swapSlot(*vm_, *slot);
    text = holder ? tr("slot %1: page %2").arg(*slot).arg(hexText(holder->value())) : tr("slot %1: empty").arg(*slot);
  }
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

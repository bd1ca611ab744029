// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/swap_floor.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::size_t kMostLabelled = 16;
constexpr std::size_t kMostStrips = 64;

}  // namespace

SwapFloor::SwapFloor(const Theme& theme, const ViewOptions& options, QWidget* parent)
    : Picture(theme, QStringLiteral("swapFloor"), tr("Swap files: every slot on disk"), parent),
      options_(options),
      table_({tr("VM"), tr("slots"), tr("used"), tr("memory swapped")}) {}

void SwapFloor::setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection) {
  world_ = world;
  fields_ = fields;
  selection_ = selection;
  layOut();
}

bool SwapFloor::labelled() const { return world_ != nullptr && !compact_ && world_->vms() <= kMostLabelled; }

int SwapFloor::heightFor(int strip) const {
  const int label = labelled() ? QFontMetrics(theme().font(FontRole::Chip)).height() + theme().px(2) : 0;
  return theme().px(20) + theme().px(2) + label + strip;
}

void SwapFloor::layOut() {
  strips_.clear();
  if (world_ == nullptr) return update();
  const std::size_t vms = std::min(world_->vms(), kMostStrips);
  const int gap = theme().px(vms > 16 ? 3 : 12);
  const int count = static_cast<int>(std::max<std::size_t>(vms, 1));
  const int stripWidth = std::max((width() - gap * (count - 1)) / count, 1);
  const int labelHeight = labelled() ? QFontMetrics(theme().font(FontRole::Chip)).height() : 0;
  const int top = theme().px(22);
  for (std::size_t i = 0; i < vms; ++i) {
    Strip strip;
    strip.vm = VmId(static_cast<std::uint16_t>(i));
    strip.name = qstring(world_->name(strip.vm));
    const int left = static_cast<int>(i) * (stripWidth + gap);
    strip.label = QRect(left, top, stripWidth, labelHeight);
    const int stripTop = top + (labelHeight > 0 ? labelHeight + theme().px(2) : 0);
    strip.frame = QRect(left, stripTop, stripWidth, std::max(height() - stripTop, 3));
    // Sorted: what is used stands at the left of its row, so that a strip reads as a bar.
    strip.map.layOut(strip.frame, world_->memory(strip.vm).value(), options_.order(), devicePixelRatioF(), theme(), Hue::Empty);
    strip.map.update(fields_->slots(strip.vm));
    strips_.push_back(std::move(strip));
  }
  refreshFigures();
  update();
}

void SwapFloor::refreshCells() {
  if (fields_ == nullptr) return;
  QRect changed;
  for (Strip& strip : strips_) changed |= strip.map.update(fields_->slots(strip.vm));
  update(changed);
}

void SwapFloor::refreshFigures() {
  if (world_ == nullptr) return;
  for (Strip& strip : strips_) {
    const WorldVm& vm = world_->vm(strip.vm);
    const std::uint64_t memory = world_->memory(strip.vm).value();
    const std::uint64_t slots = memory - std::min(memory, vm.reservationPages);
    if (strip.swapped == vm.at(PagePlace::Swapped) && strip.capacity == slots) continue;
    strip.swapped = vm.at(PagePlace::Swapped);
    strip.capacity = slots;
    update(strip.label);
  }
  std::vector<QStringList> rows;
  for (std::size_t i = 0; i < world_->vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = world_->vm(id);
    const std::uint64_t memory = world_->memory(id).value();
    rows.push_back({qstring(world_->name(id)), grouped(memory - std::min(memory, vm.reservationPages)), grouped(vm.at(PagePlace::Swapped)),
                    mebibytes(vm.at(PagePlace::Swapped))});
  }
  table_.setRows(rows);
  update(QRect(0, 0, width(), theme().px(20)));
}

const SwapFloor::Strip* SwapFloor::stripAt(QPoint point) const {
  for (const Strip& strip : strips_) {
    if (strip.frame.contains(point) || strip.label.contains(point)) return &strip;
  }
  return nullptr;
}

QRect SwapFloor::rectOf(VmId vm, std::uint64_t slot) const {
  for (const Strip& strip : strips_) {
    if (strip.vm == vm) return strip.map.rectOf(slot);
  }
  return {};
}

void SwapFloor::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  const QRegion& exposed = event->region();
  painter.fillRect(exposed.boundingRect(), theme().colour(Hue::Ground));
  if (world_ == nullptr) return;
  std::uint64_t swapped = 0;
  for (std::size_t i = 0; i < world_->vms(); ++i) swapped += world_->vm(VmId(static_cast<std::uint16_t>(i))).at(PagePlace::Swapped);
  const QRect line(0, 0, width(), theme().px(20));
  if (exposed.intersects(line)) {
    paintHeading(painter, line, tr("SWAP FILES"), tr("on disk: %1 in all").arg(mebibytes(swapped)),
                 strips_.empty() ? QString() : tr("%1 (slots)").arg(strips_.front().map.geometry().caption()));
  }
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  for (const Strip& strip : strips_) {
    if (labelled() && exposed.intersects(strip.label)) {
      const QString full = tr("%1 · %2 of %3").arg(strip.name, mebibytesNumber(strip.swapped), mebibytes(strip.capacity));
      const QString shorter = tr("%1 · %2").arg(strip.name, mebibytesNumber(strip.swapped));
      const auto fits = [&](const QString& text) { return metrics.horizontalAdvance(text) <= strip.label.width(); };
      painter.setFont(chip);
      painter.setPen(theme().colour(selection_ != nullptr && selection_->subject().vm == strip.vm ? Hue::Accent : Hue::Dim));
      painter.drawText(strip.label, Qt::AlignLeft | Qt::AlignVCenter,
                       metrics.elidedText(fits(full)      ? full
                                          : fits(shorter) ? shorter
                                                          : strip.name,
                                          Qt::ElideRight, strip.label.width()));
    }
    strip.map.paint(painter, exposed);
    if (selection_ != nullptr && selection_->subject().vm == strip.vm && selection_->subject().gfn) {
      const WorldPage page = world_->page(strip.vm, *selection_->subject().gfn);
      if (page.place == PagePlace::Swapped) strip.map.paintMarker(painter, page.slot, theme());
    }
  }
}

void SwapFloor::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void SwapFloor::mousePressEvent(QMouseEvent* event) {
  if (selection_ == nullptr || world_ == nullptr) return;
  const Strip* strip = stripAt(event->pos());
  if (strip == nullptr) return selection_->clear();
  const auto slot = strip->map.pageAt(event->pos());
  const auto holder = slot ? world_->swapSlot(strip->vm, *slot) : std::nullopt;
  if (holder)
    selection_->selectPage(strip->vm, *holder);
  else
    selection_->selectVm(strip->vm);
}

void SwapFloor::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (selection_ == nullptr || strips_.empty() || (key != Qt::Key_Left && key != Qt::Key_Right)) return Picture::keyPressEvent(event);
  const auto at = std::ranges::find_if(strips_, [this](const Strip& strip) { return selection_->subject().vm == strip.vm; });
  if (at == strips_.end()) return selection_->selectVm(strips_.front().vm);
  const std::ptrdiff_t to = at - strips_.begin() + (key == Qt::Key_Right ? 1 : -1);
  if (to >= 0 && to < std::ssize(strips_)) selection_->selectVm(strips_[static_cast<std::size_t>(to)].vm);
}

bool SwapFloor::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  if (const Strip* strip = stripAt(help->pos()); strip != nullptr && world_ != nullptr) {
    text = tr("%1: %2 of %3 slots are used").arg(strip->name, grouped(strip->swapped), grouped(strip->capacity));
    const auto slot = strip->map.pageAt(help->pos());
    if (slot && !strip->map.geometry().sorted()) {
      const auto holder = world_->swapSlot(strip->vm, *slot);
      text +=
          QLatin1Char('\n') + (holder ? tr("slot %1: page %2").arg(*slot).arg(hexText(holder->value())) : tr("slot %1: empty").arg(*slot));
    }
  }
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/zip_view.h"

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

constexpr int kFactColumns = 4;

QString percentOf(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? QStringLiteral("–")
                    : QStringLiteral("%1 %").arg(100.0 * static_cast<double>(part) / static_cast<double>(whole), 0, 'f', 1);
}

}  // namespace

ZipView::ZipView(const Theme& theme, QWidget* parent)
    : Picture(theme, QStringLiteral("zipView"), tr("Compression cache: its frames and their slots"), parent),
      table_({tr("frame"), tr("VM"), tr("offset"), tr("slot"), tr("page"), tr("bytes"), tr("of 4096")}) {
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void ZipView::show(Run* run, std::optional<VmId> vm) {
  const std::size_t before = store_.frames.size();
  run_ = run;
  vm_ = vm;
  store_ = run_ == nullptr ? ZipStore() : zipStoreOf(run_->world(), vm_);
  facts_ = facts();
  std::vector<QStringList> rows;
  for (const StoreFrame& frame : store_.frames) {
    const QString name = frame.vm == kNoVm ? QString() : qstring(run_->world().name(frame.vm));
    for (const StoreSlot& slot : frame.slots)
      rows.push_back({hexText(frame.mfn.value()), name, QString::number(slot.offset), QStringLiteral("%1 KiB").arg(slot.slotBytes() / 1024),
                      hexText(slot.gfn.value()), QString::number(slot.bytes), percentOf(slot.bytes, kPageSize)});
  }
  // The sum first, so that an empty cache says so.
  rows.insert(rows.begin(), {tr("all: %1").arg(grouped(store_.frames.size())), QString(), QString(), mebibytes(store_.frames.size()),
                             tr("%1 pages").arg(grouped(store_.pages)), grouped(store_.bytes),
                             percentOf(store_.bytes, (store_.pages - store_.sameFilled) * kPageSize)});
  table_.setRows(rows);
  if (before != store_.frames.size()) updateGeometry();
  layOut();
  update();
}

std::vector<ZipView::Fact> ZipView::facts() const {
  if (run_ == nullptr) return {};
  const WorldModel& world = run_->world();
  const History& history = run_->history();
  const std::size_t sample = history.indexAt(run_->playback().now());
  std::uint64_t hits = 0, zips = 0, evicted = 0;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    if (vm_ && id != *vm_) continue;
    zips += world.vm(id).at(EventKind::Zip);
    hits += world.vm(id).at(EventKind::Unzip);
    if (sample < history.size()) evicted += history.vm(sample, id).evicted;
  }
  const QString owner = vm_ ? QStringLiteral("vm.%1.").arg(qstring(world.name(*vm_))) : QStringLiteral("host.");
  const auto metric = [&](const char* name) { return owner + QString::fromLatin1(name); };
  const std::uint64_t frames = store_.frames.size();
  return {{tr("compressed"), tr("%1 pages").arg(grouped(store_.pages)), metric("zipped"), EventKind::Zip},
          {tr("store"), tr("%1 frames, %2").arg(grouped(frames), mebibytes(frames)), metric("zip_cache"), EventKind::ZipStoreTake},
          {tr("a page takes"), percentOf(store_.bytes, (store_.pages - store_.sameFilled) * kPageSize), metric("zip_cache_used"),
           EventKind::Zip},
          {tr("slots filled"), percentOf(store_.bytes, store_.slotBytes), metric("zip_cache_used"), EventKind::Zip},
          {tr("one value repeated"), tr("%1 pages").arg(grouped(store_.sameFilled)), metric("zipped"), EventKind::Zip},
          {tr("went in"), grouped(zips), metric("zips"), EventKind::Zip},
          {tr("hits"), grouped(hits), metric("unzips"), EventKind::Unzip},
          {tr("evicted"), grouped(evicted), metric("swap_outs"), EventKind::SwapOut}};
}

int ZipView::headHeight(int) const {
  const int line = QFontMetrics(theme().font(FontRole::Small)).height() + QFontMetrics(theme().font(FontRole::Strong)).height();
  return 2 * (line + theme().px(6)) + theme().px(30);
}

int ZipView::columnsFor(int width) const { return std::max((width - 2 * theme().px(12)) / (4 * quarter() + theme().px(6)), 1); }

int ZipView::heightForWidth(int width) const {
  const auto columns = static_cast<std::size_t>(columnsFor(width));
  const int rows = static_cast<int>((store_.frames.size() + columns - 1) / columns);
  return headHeight(width) + std::max(rows, 1) * (boxHeight() + theme().px(4)) + theme().px(10);
}

QRect ZipView::frameRect(std::size_t frame) const {
  const auto columns = static_cast<std::size_t>(columnsFor(width()));
  const int column = static_cast<int>(frame % columns), row = static_cast<int>(frame / columns);
  return {theme().px(12) + column * (4 * quarter() + theme().px(6)), headHeight(width()) + row * (boxHeight() + theme().px(4)),
          4 * quarter(), boxHeight()};
}

QRect ZipView::slotRect(std::size_t frame, const StoreSlot& slot) const {
  const QRect box = frameRect(frame);
  const int left = static_cast<int>(slot.offset / 1024) * quarter(), wide = static_cast<int>(slot.slotBytes() / 1024) * quarter();
  return {box.left() + left, box.top(), wide - 1, box.height()};
}

QRect ZipView::rectOf(VmId vm, Gfn gfn) const {
  for (std::size_t i = 0; i < store_.frames.size(); ++i) {
    for (const StoreSlot& slot : store_.frames[i].slots) {
      if (slot.vm == vm && slot.gfn == gfn) return slotRect(i, slot);
    }
  }
  return {};
}

const StoreSlot* ZipView::slotAt(QPoint point) const {
  for (std::size_t i = 0; i < store_.frames.size(); ++i) {
    if (!frameRect(i).contains(point)) continue;
    for (const StoreSlot& slot : store_.frames[i].slots) {
      if (slotRect(i, slot).contains(point)) return &slot;
    }
  }
  return nullptr;
}

void ZipView::layOut() {
  std::vector<Figure> figures;
  const int line = QFontMetrics(theme().font(FontRole::Small)).height() + QFontMetrics(theme().font(FontRole::Strong)).height();
  const int wide = (width() - 2 * theme().px(12)) / kFactColumns;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const int column = static_cast<int>(i) % kFactColumns, row = static_cast<int>(i) / kFactColumns;
    std::bitset<kEventKinds> kinds;
    kinds.set(indexOf(facts_[i].kind));
    figures.push_back({QRect(theme().px(12) + column * wide, theme().px(6) + row * (line + theme().px(6)), wide - theme().px(6), line),
                       facts_[i].metric, kinds, vm_});
  }
  setFigures(std::move(figures));
}

void ZipView::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.fillRect(rect(), theme().colour(Hue::Ground));
  const QFont small = theme().font(FontRole::Small), strong = theme().font(FontRole::Strong);
  const QFontMetrics smallMetrics(small), strongMetrics(strong);
  const std::vector<Figure> placed = figures();
  for (std::size_t i = 0; i < facts_.size() && i < placed.size(); ++i) {
    const QRect& at = placed[i].rect;
    painter.setFont(small);
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(QRect(at.left(), at.top(), at.width(), smallMetrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     smallMetrics.elidedText(facts_[i].name, Qt::ElideRight, at.width()));
    painter.setFont(strong);
    painter.setPen(theme().colour(Hue::Text));
    painter.drawText(QRect(at.left(), at.top() + smallMetrics.height(), at.width(), strongMetrics.height()),
                     Qt::AlignLeft | Qt::AlignVCenter, strongMetrics.elidedText(facts_[i].value, Qt::ElideRight, at.width()));
  }
  const QRect caption(theme().px(12), headHeight(width()) - theme().px(26), width() - 2 * theme().px(12), theme().px(20));
  if (run_ == nullptr || store_.frames.empty()) {
    painter.setFont(theme().font(FontRole::Body));
    painter.setPen(theme().colour(Hue::Dim));
    painter.drawText(
        QRect(caption.left(), caption.top(), caption.width(), height() - caption.top()), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap,
        run_ == nullptr ? tr("Open a run to see its compression caches.") : tr("No page is in a store frame at this instant."));
    return;
  }
  painter.setFont(small);
  painter.setPen(theme().colour(Hue::Dim));
  painter.drawText(
      caption, Qt::AlignLeft | Qt::AlignVCenter,
      smallMetrics.elidedText(tr("1 box = 1 store frame of 4 KiB; in it slots of 1 and 2 KiB, filled as far as the page's bytes go"),
                              Qt::ElideRight, caption.width()));
  const QColor full = theme().colour(Hue::Zipped), rest = QColor::fromRgb(mixed(theme().rgb(Hue::Empty), theme().rgb(Hue::Zipped), 90));
  const Subject subject = run_->selection().subject();
  QRect marked;
  for (std::size_t i = 0; i < store_.frames.size(); ++i) {
    const QRect box = frameRect(i);
    if (!drawsShapes(painter) && !box.adjusted(-4, -4, 4, 4).intersects(event->rect())) continue;
    painter.fillRect(box.adjusted(0, 0, -1, 0), theme().colour(Hue::Empty));
    for (const StoreSlot& slot : store_.frames[i].slots) {
      const QRect at = slotRect(i, slot);
      painter.fillRect(at, rest);
      const int used = std::max(static_cast<int>(static_cast<std::uint32_t>(at.width()) * slot.bytes / slot.slotBytes()), 1);
      painter.fillRect(QRect(at.left(), at.top(), used, at.height()), full);
      if (subject.vm == slot.vm && subject.gfn == slot.gfn) marked = at;
    }
    if (subject.mfn == store_.frames[i].mfn) marked = box;
  }
  if (!marked.isEmpty()) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().colour(Hue::Accent), 2));
    painter.drawRect(marked.adjusted(-1, -1, 0, 0));
  }
}

void ZipView::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void ZipView::mousePressEvent(QMouseEvent* event) {
  if (run_ == nullptr || chooseFigure(event->pos())) return;
  if (const StoreSlot* slot = slotAt(event->pos())) return run_->selection().selectPage(slot->vm, slot->gfn);
  for (std::size_t i = 0; i < store_.frames.size(); ++i) {
    if (frameRect(i).contains(event->pos())) return run_->selection().selectFrame(store_.frames[i].mfn);
  }
}

// From slot to slot.
void ZipView::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (run_ == nullptr || (key != Qt::Key_Left && key != Qt::Key_Right)) return Picture::keyPressEvent(event);
  std::vector<StoreSlot> all;
  for (const StoreFrame& frame : store_.frames) all.insert(all.end(), frame.slots.begin(), frame.slots.end());
  if (all.empty()) return;
  const Subject& subject = run_->selection().subject();
  const auto at = std::ranges::find_if(all, [&](const StoreSlot& slot) { return subject.vm == slot.vm && subject.gfn == slot.gfn; });
  std::ptrdiff_t to = at == all.end() ? 0 : at - all.begin() + (key == Qt::Key_Right ? 1 : -1);
  to = std::clamp<std::ptrdiff_t>(to, 0, std::ssize(all) - 1);
  run_->selection().selectPage(all[static_cast<std::size_t>(to)].vm, all[static_cast<std::size_t>(to)].gfn);
}

bool ZipView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  if (const auto figure = figureAt(help->pos())) {
    text = tipOf(*figure);
  } else if (const StoreSlot* slot = slotAt(help->pos()); slot != nullptr && run_ != nullptr) {
    text = tr("page %1 of %2\n4096 bytes became %3 (%4), in a slot of %5 KiB at byte %6")
               .arg(hexText(slot->gfn.value()), qstring(run_->world().name(slot->vm)))
               .arg(slot->bytes)
               .arg(percentOf(slot->bytes, kPageSize))
               .arg(slot->slotBytes() / 1024)
               .arg(slot->offset);
  }
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

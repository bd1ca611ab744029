// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/machine_floor.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <array>

#include "gui/models/subject_text.h"
#include "gui/session/made_by.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr std::array kBarOrder{FrameUse::Overhead, FrameUse::Private, FrameUse::Shared, FrameUse::ZipStore, FrameUse::Free};

}  // namespace

MachineFloor::MachineFloor(const Theme& theme, const ViewOptions& options, QWidget* parent)
    : Picture(theme, QStringLiteral("machineFloor"), tr("Machine memory: what every frame is used for"), parent),
      options_(options),
      table_({tr("use"), tr("frames"), tr("memory")}) {}

void MachineFloor::setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection) {
  world_ = world;
  fields_ = fields;
  selection_ = selection;
  layOut();
}

int MachineFloor::headHeight() const {
  return theme().px(20) + theme().px(compact_ ? 2 : 4) + theme().px(compact_ ? 18 : 22) + theme().px(compact_ ? 9 : 20);
}

int MachineFloor::heightWithin(int width, int most) const {
  if (world_ == nullptr) return most;
  const double ratio = devicePixelRatioF();
  const QSize device(static_cast<int>(width * ratio), static_cast<int>((most - headHeight()) * ratio));
  const MapGeometry geometry(world_->hostMemory().value(), device, options_.order());
  return std::min(most, headHeight() + static_cast<int>(static_cast<double>(geometry.size().height()) / ratio + 0.999));
}

void MachineFloor::layOut() {
  heading_ = QRect(0, 0, width(), theme().px(20));
  bar_ = QRect(0, heading_.bottom() + 1 + theme().px(compact_ ? 2 : 4), width(), theme().px(compact_ ? 18 : 22));
  ticks_ = QRect(0, bar_.bottom() + 1, width(), theme().px(compact_ ? 9 : 20));
  if (world_ == nullptr) return update();
  const QRect map(0, ticks_.bottom() + 1, width(), std::max(height() - ticks_.bottom() - 1, 1));
  map_.layOut(map, world_->hostMemory().value(), options_.order(), devicePixelRatioF(), theme(), Hue::Ground, options_.shownLayer());
  map_.update(fields_->frames());
  refreshFigures();
  update();
}

void MachineFloor::refreshCells() {
  if (fields_ == nullptr) return;
  const QRect changed = map_.update(fields_->frames());
  if (!changed.isEmpty()) update(changed);
}

void MachineFloor::refreshFigures() {
  if (world_ == nullptr) return;
  const WorldHost& host = world_->host();
  parts_.clear();
  std::vector<QStringList> rows;
  for (const FrameUse use : kBarOrder) {
    parts_.push_back({cellStateOf(use), host.at(use), nameOfUse(use)});
    rows.push_back({nameOfUse(use), grouped(host.at(use)), mebibytes(host.at(use))});
  }
  rows.push_back({tr("all"), grouped(world_->hostMemory().value()), mebibytes(world_->hostMemory().value())});
  table_.setRows(rows);
  update(bar_.united(ticks_));
}

std::vector<Figure> MachineFloor::figures() const {
  if (world_ == nullptr) return {};
  std::vector<Figure> figures;
  const std::vector<QRect> segments = barSegments(bar_, parts_);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const FrameUse use = kBarOrder[i];
    QString metric = QStringLiteral("host.%1").arg(qstring(overcommit::nameOf(use)));
    figures.push_back({segments[i], metric.replace(QLatin1Char(' '), QLatin1Char('_')), eventsOf(use), std::nullopt});
  }
  if (!compact_) figures.push_back({ticks_, QStringLiteral("host.state"), eventsOf(FrameUse::Free), std::nullopt});
  return figures;
}

QString MachineFloor::thresholdText() const {
  QStringList parts;
  for (const FreeState state : {FreeState::High, FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
    const std::uint64_t pages = world_->host().thresholdOf(state);
    if (pages != 0) parts << QStringLiteral("%1 %2").arg(nameOfState(state), mebibytesNumber(pages));
  }
  return parts.join(QStringLiteral(" · "));
}

// From the free end: where free memory would reach to if only so much were left.
void MachineFloor::paintThresholds(QPainter& painter) const {
  const std::uint64_t frames = world_->hostMemory().value();
  const QFont chip = theme().font(FontRole::Chip);
  const QFontMetrics metrics(chip);
  int leftmost = ticks_.right();
  const int length = theme().px(6);
  for (const FreeState state : {FreeState::High, FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
    const std::uint64_t pages = world_->host().thresholdOf(state);
    if (pages == 0) continue;
    const int x = bar_.left() + barPosition(bar_, frames - std::min(frames, pages), frames);
    painter.fillRect(QRect(x - 1, ticks_.top(), 2, length), theme().colour(Hue::Text));
    leftmost = std::min(leftmost, x);
  }
  const QString names = thresholdText();
  if (names.isEmpty() || compact_) return;
  const QString text = tr("free: %1 MiB · state %2 · thresholds %3 MiB")
                           .arg(mebibytesNumber(world_->host().at(FrameUse::Free)), nameOfState(world_->host().freeState), names);
  const QString shorter = tr("state %1 · thresholds %2 MiB").arg(nameOfState(world_->host().freeState), names);
  const int room = leftmost - theme().px(8);
  painter.setFont(chip);
  painter.setPen(theme().colour(Hue::Dim));
  const QString& shown = metrics.horizontalAdvance(text) <= room ? text : shorter;
  if (metrics.horizontalAdvance(shown) <= room)
    painter.drawText(QRect(0, ticks_.top(), room, ticks_.height() - theme().px(2)), Qt::AlignRight | Qt::AlignVCenter, shown);
}

std::optional<Mfn> MachineFloor::selectedFrame() const {
  if (selection_ == nullptr || world_ == nullptr) return std::nullopt;
  const Subject& subject = selection_->subject();
  if (subject.mfn) return subject.mfn;
  if (!subject.vm || !subject.gfn) return std::nullopt;
  const WorldPage page = world_->page(*subject.vm, *subject.gfn);
  const bool framed =
      page.place == PagePlace::Private || page.place == PagePlace::Shared || (page.place == PagePlace::Zipped && page.compressedBytes != 0);
  return framed ? std::optional(page.mfn) : std::nullopt;
}

void MachineFloor::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  const QRegion& exposed = event->region();
  for (const QRect& part : exposed) {
    if (!map_.covers(part)) painter.fillRect(part, theme().colour(Hue::Ground));
  }
  if (world_ == nullptr) return;
  if (exposed.intersects(heading_)) {
    const QString words =
        tr("%1, %2 frames: what really exists").arg(mebibytes(world_->hostMemory().value()), grouped(world_->hostMemory().value()));
    paintHeading(painter, heading_, tr("MACHINE MEMORY"), words, map_.geometry().caption());
  }
  if (exposed.intersects(bar_.united(ticks_))) {
    paintMemoryBar(painter, bar_, parts_, theme(), BarLabels::WhereWide);
    paintThresholds(painter);
  }
  map_.paint(painter, exposed);
  if (const auto frame = selectedFrame()) map_.paintMarker(painter, frame->value(), theme());
}

void MachineFloor::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void MachineFloor::mousePressEvent(QMouseEvent* event) {
  if (selection_ == nullptr || world_ == nullptr) return;
  if (chooseFigure(event->pos())) return;
  const auto mfn = map_.pageAt(event->pos());
  if (!mfn) return selection_->clear();
  const WorldFrame frame = world_->frame(Mfn(*mfn));
  // A private frame leads to its page, so that both are marked.
  if (frame.use == FrameUse::Private && !map_.geometry().sorted())
    selection_->selectPage(frame.vm, frame.gfn);
  else
    selection_->selectFrame(Mfn(*mfn));
}

void MachineFloor::keyPressEvent(QKeyEvent* event) {
  if (world_ == nullptr || selection_ == nullptr) return Picture::keyPressEvent(event);
  const std::int64_t by = map_.stepOf(event->key());
  if (event->key() == Qt::Key_Escape) return selection_->clear();
  if (by == 0) return Picture::keyPressEvent(event);
  const auto from = selectedFrame();
  const std::int64_t to = from ? static_cast<std::int64_t>(from->value()) + by : 0;
  if (to >= 0 && to < static_cast<std::int64_t>(world_->hostMemory().value())) selection_->selectFrame(Mfn(static_cast<std::uint64_t>(to)));
}

bool MachineFloor::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return Picture::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QString text;
  if (world_ != nullptr) {
    if (const auto mfn = map_.pageAt(help->pos())) {
      text = map_.geometry().sorted() ? frameRowText(*world_, *mfn, map_.geometry().pagesPerRow()) : frameText(*world_, Mfn(*mfn));
    } else if (bar_.united(ticks_).contains(help->pos())) {
      QStringList lines;
      for (const BarPart& part : parts_) lines << tr("%1: %2 frames, %3").arg(part.name, grouped(part.pages), mebibytes(part.pages));
      lines << tr("The ticks at the right are the thresholds of the free states, counted from the free end.");
      if (const auto figure = figureAt(help->pos())) lines << tipOf(*figure);
      text = lines.join(QLatin1Char('\n'));
    }
  }
  QToolTip::showText(help->globalPos(), text, this);
  return true;
}

}  // namespace overcommit::gui

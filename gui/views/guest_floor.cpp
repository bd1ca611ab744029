// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/views/guest_floor.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "gui/models/subject_text.h"
#include "gui/session/made_by.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

// As many columns as keep the cards of so many VMs about as high as wide.
int columnsFor(std::size_t vms) {
  if (vms <= 4) return static_cast<int>(std::max<std::size_t>(vms, 1));
  if (vms <= 8) return 4;
  if (vms <= 16) return 8;
  if (vms <= 32) return 11;
  return 16;
}

constexpr std::array kCardOrder{PagePlace::Private,   PagePlace::Shared,  PagePlace::Zipped,
                                PagePlace::Ballooned, PagePlace::Swapped, PagePlace::Untouched};

// Pages that the hypervisor has taken from a VM, for the order of those that are shown.
std::uint64_t pressureOn(const WorldVm& vm) {
  return vm.at(PagePlace::Ballooned) + 2 * vm.at(PagePlace::Zipped) + 4 * vm.at(PagePlace::Swapped);
}

}  // namespace

GuestFloor::GuestFloor(const Theme& theme, const ViewOptions& options, QWidget* parent)
    : Picture(theme, QStringLiteral("guestFloor"), tr("Guests: the memory of every virtual machine"), parent),
      options_(options),
      table_({tr("VM"), tr("memory"), tr("private"), tr("shared"), tr("balloon"), tr("zipped"), tr("swapped"), tr("untouched"),
              tr("target"), tr("operations")}) {}

void GuestFloor::setWorld(const WorldModel* world, const WorldFields* fields, Selection* selection) {
  world_ = world;
  fields_ = fields;
  selection_ = selection;
  enlarged_.reset();
  layOut();
}

std::vector<VmId> GuestFloor::chosenVms() const {
  std::vector<VmId> vms;
  if (world_ == nullptr) return vms;
  if (enlarged_) return {*enlarged_};
  for (std::size_t i = 0; i < world_->vms(); ++i) vms.emplace_back(static_cast<std::uint16_t>(i));
  if (vms.size() > kMostCards) {
    std::ranges::stable_sort(vms, [this](VmId a, VmId b) { return pressureOn(world_->vm(a)) > pressureOn(world_->vm(b)); });
    vms.resize(kMostCards);
    std::ranges::sort(vms);
  }
  return vms;
}

int GuestFloor::headHeight(Form form) const {
  const int line = QFontMetrics(theme().font(form == Form::Card ? FontRole::Strong : FontRole::Chip)).height();
  const int bar = form == Form::Card ? theme().px(8) : theme().px(5);
  return line + theme().px(2) + bar + theme().px(4);
}

GuestFloor::Grid GuestFloor::gridFor(int width, int height, std::size_t cards) const {
  Grid grid;
  grid.columns = enlarged_ ? 1 : columnsFor(cards);
  grid.rows = static_cast<int>((cards + static_cast<std::size_t>(grid.columns) - 1) / static_cast<std::size_t>(grid.columns));
  grid.rows = std::max(grid.rows, 1);
  grid.gap = theme().px(grid.columns > 8 ? 8 : 12);
  grid.cardWidth = (width - (grid.columns - 1) * grid.gap) / grid.columns;
  grid.form = grid.cardWidth >= theme().px(200) ? Form::Card : grid.cardWidth >= theme().px(110) ? Form::Tile : Form::Chip;
  grid.top = theme().px(24);
  const int gaps = (grid.rows - 1) * theme().px(8);
  grid.cardHeight = std::max((height - grid.top - gaps) / grid.rows, headHeight(grid.form));
  return grid;
}

int GuestFloor::heightWithin(int width, int most) const {
  const std::vector<VmId> vms = chosenVms();
  if (vms.empty()) return most;
  const Grid grid = gridFor(width, most, vms.size());
  const int head = headHeight(grid.form);
  const double ratio = devicePixelRatioF();
  int tallest = 0;
  std::map<std::uint64_t, int> known;  // by size: most VMs are alike
  for (const VmId vm : vms) {
    const std::uint64_t pages = world_->memory(vm).value();
    if (const auto found = known.find(pages); found == known.end()) {
      const QSize device(static_cast<int>(grid.cardWidth * ratio), static_cast<int>((grid.cardHeight - head) * ratio));
      const MapGeometry geometry(pages, device, options_.order());
      known[pages] = static_cast<int>(static_cast<double>(geometry.size().height()) / ratio + 0.999);
    }
    tallest = std::max(tallest, known[pages]);
  }
  return grid.top + grid.rows * (head + tallest) + (grid.rows - 1) * theme().px(8);
}

void GuestFloor::layOut() {
  cards_.clear();
  const std::vector<VmId> vms = chosenVms();
  if (vms.empty()) return update();
  const Grid grid = gridFor(width(), height(), vms.size());
  form_ = grid.form;
  const int head = headHeight(grid.form);
  const int line = QFontMetrics(theme().font(grid.form == Form::Card ? FontRole::Strong : FontRole::Chip)).height();
  const int barHeight = grid.form == Form::Card ? theme().px(8) : theme().px(5);
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const int column = static_cast<int>(i) % grid.columns, row = static_cast<int>(i) / grid.columns;
    Card card;
    card.vm = vms[i];
    card.rect =
        QRect(column * (grid.cardWidth + grid.gap), grid.top + row * (grid.cardHeight + theme().px(8)), grid.cardWidth, grid.cardHeight);
    card.title = QRect(card.rect.topLeft(), QSize(grid.cardWidth, line));
    card.bar = QRect(card.rect.left(), card.title.bottom() + 1 + theme().px(2), grid.cardWidth, barHeight);
    card.memory = world_->memory(card.vm).value();
    card.name = qstring(world_->name(card.vm));
    const QRect map(card.rect.left(), card.rect.top() + head, grid.cardWidth, std::max(grid.cardHeight - head, 1));
    card.map.layOut(map, card.memory, options_.order(), devicePixelRatioF(), theme(), Hue::Ground, options_.shownLayer());
    card.map.update(fields_->pages(card.vm));
    fillFigures(card);
    cards_.push_back(std::move(card));
  }
  refreshFigures();
  update();
}

void GuestFloor::fillFigures(Card& card) const {
  const WorldVm& vm = world_->vm(card.vm);
  card.parts.clear();
  card.target = 0;
  const auto part = [&card](CellState state, std::uint64_t pages) { card.parts.push_back({state, pages, {}}); };
  const QString size = mebibytes(card.memory);
  const bool on = vm.poweredOn;
  switch (options_.seat()) {
    case Seat::Application:
      part(CellState::Private, vm.at(GuestUse::User));
      part(CellState::Empty, card.memory - std::min(card.memory, vm.at(GuestUse::User)));
      card.figures = tr("%1 of its own · %2 operations").arg(mebibytes(vm.at(GuestUse::User)), grouped(vm.operations));
      break;
    case Seat::GuestOs:
      part(CellState::Overhead, vm.at(GuestUse::Kernel) + vm.at(GuestUse::Table));
      part(CellState::Private, vm.at(GuestUse::User));
      part(CellState::Cache, vm.at(GuestUse::Cache));
      part(CellState::Ballooned, vm.at(GuestUse::Balloon));
      part(CellState::Empty, vm.at(GuestUse::Free) + vm.at(GuestUse::Unknown));
      card.figures =
          tr("%1 · free %2 · cache %3").arg(size, mebibytesNumber(vm.at(GuestUse::Free)), mebibytesNumber(vm.at(GuestUse::Cache)));
      break;
    case Seat::Hypervisor:
    case Seat::AllKnowing:
      for (const PagePlace place : kCardOrder) part(cellStateOf(place), vm.at(place));
      card.target = on && vm.targetPages < card.memory ? vm.targetPages : 0;
      card.figures = tr("%1 · uses %2").arg(size, mebibytesNumber(vm.at(PagePlace::Private) + vm.at(PagePlace::Shared)));
      if (card.target != 0) card.figures += tr(" · target %1").arg(mebibytesNumber(card.target));
      break;
  }
  if (!on) card.figures = vm.crashed ? tr("%1 · crashed").arg(size) : tr("%1 · off").arg(size);
  if (vm.blocked) card.figures = tr("%1 · blocked").arg(size);
}

void GuestFloor::refreshCells() {
  if (fields_ == nullptr) return;
  // A row of cards at once: a region of many parts costs more to clip to than the gaps between them cost to paint.
  QRect changed;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    changed |= cards_[i].map.update(fields_->pages(cards_[i].vm));
    const bool last = i + 1 == cards_.size() || cards_[i + 1].rect.top() != cards_[i].rect.top();
    if (last) update(std::exchange(changed, QRect()));
  }
}

void GuestFloor::refreshFigures() {
  if (world_ == nullptr) return;
  for (Card& card : cards_) {
    const auto target = card.target;
    const QString figures = card.figures;
    std::vector<std::uint64_t> before;
    for (const BarPart& part : card.parts) before.push_back(part.pages);
    fillFigures(card);
    bool same = figures == card.figures && target == card.target && before.size() == card.parts.size();
    for (std::size_t i = 0; same && i < before.size(); ++i) same = before[i] == card.parts[i].pages;
    if (!same) update(QRect(card.title.topLeft(), QPoint(card.bar.right(), card.bar.bottom() + theme().px(4))));
  }
  std::vector<QStringList> rows;
  const bool guest = options_.seat() == Seat::GuestOs, machine = seesMachine(options_.seat());
  if (machine)
    table_.setColumns({tr("VM"), tr("memory"), tr("private"), tr("shared"), tr("balloon"), tr("zipped"), tr("swapped"), tr("untouched"),
                       tr("target"), tr("operations")});
  else if (guest)
    table_.setColumns({tr("VM"), tr("memory"), tr("free"), tr("kernel"), tr("page cache"), tr("programs"), tr("balloon")});
  else
    table_.setColumns({tr("VM"), tr("its own memory"), tr("operations")});
  for (std::size_t i = 0; i < world_->vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    const WorldVm& vm = world_->vm(id);
    QStringList row{qstring(world_->name(id))};
    if (machine) {
      row << mebibytes(world_->memory(id).value());
      for (const PagePlace place :
           {PagePlace::Private, PagePlace::Shared, PagePlace::Ballooned, PagePlace::Zipped, PagePlace::Swapped, PagePlace::Untouched})
        row << mebibytes(vm.at(place));
      row << mebibytes(vm.targetPages) << grouped(vm.operations);
    } else if (guest) {
      row << mebibytes(world_->memory(id).value()) << mebibytes(vm.at(GuestUse::Free))
          << mebibytes(vm.at(GuestUse::Kernel) + vm.at(GuestUse::Table)) << mebibytes(vm.at(GuestUse::Cache))
          << mebibytes(vm.at(GuestUse::User)) << mebibytes(vm.at(GuestUse::Balloon));
    } else {
      row << mebibytes(vm.at(GuestUse::User)) << grouped(vm.operations);
    }
    rows.push_back(row);
  }
  table_.setRows(rows);
}

const GuestFloor::Card* GuestFloor::cardAt(QPoint point) const {
  for (const Card& card : cards_) {
    if (card.rect.contains(point)) return &card;
  }
  return nullptr;
}

QRect GuestFloor::rectOf(VmId vm, Gfn gfn) const {
  for (const Card& card : cards_) {
    if (card.vm == vm) return card.map.rectOf(gfn.value());
  }
  return {};
}

QRect GuestFloor::rectOf(VmId vm) const {
  for (const Card& card : cards_) {
    if (card.vm == vm) return card.map.rect();
  }
  return {};
}

std::optional<GuestFloor::PageAt> GuestFloor::pageAt(QPoint point) const {
  const Card* card = cardAt(point);
  const auto page = card == nullptr ? std::nullopt : card->map.pageAt(point);
  return page ? std::optional(PageAt{card->vm, Gfn(*page)}) : std::nullopt;
}

void GuestFloor::enlarge(std::optional<VmId> vm) {
  if (enlarged_ == vm) return;
  enlarged_ = vm;
  Q_EMIT arrangementChanged();
  layOut();
}

void GuestFloor::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  const QRegion& exposed = event->region();
  painter.fillRect(exposed.boundingRect(), theme().colour(Hue::Ground));
  const QRect line(0, 0, width(), theme().px(20));
  if (exposed.intersects(line)) {
    QString words = tr("what each VM believes it has");
    if (options_.seat() == Seat::GuestOs) words = tr("what each guest kernel uses its frames for");
    if (options_.seat() == Seat::Application) words = tr("what each program has of its own");
    if (world_ != nullptr && !enlarged_ && world_->vms() > kMostCards)
      words += tr("; %1 more are under less pressure").arg(world_->vms() - kMostCards);
    if (enlarged_ && world_ != nullptr) words = tr("%1 alone; Esc brings the others back").arg(qstring(world_->name(*enlarged_)));
    paintHeading(painter, line, tr("GUESTS"), words, cards_.empty() ? QString() : cards_.front().map.geometry().caption());
  }
  for (const Card& card : cards_) {
    if (card.rect.adjusted(-4, -4, 4, 4).intersects(exposed.boundingRect())) paintCard(painter, card, exposed);
  }
  if (selection_ != nullptr && selection_->subject().vm && selection_->subject().gfn) {
    for (const Card& card : cards_) {
      if (card.vm == *selection_->subject().vm) card.map.paintMarker(painter, selection_->subject().gfn->value(), theme());
    }
  }
}

void GuestFloor::paintCard(QPainter& painter, const Card& card, const QRegion& exposed) const {
  const bool selected = selection_ != nullptr && selection_->subject().vm == card.vm;
  const QRect head = card.title.united(card.bar).adjusted(-2, 0, 2, theme().px(4));
  if (exposed.intersects(head)) {
    const QFont nameFont = theme().font(form_ == Form::Card ? FontRole::Strong : FontRole::Chip);
    const QFontMetrics nameMetrics(nameFont);
    painter.setFont(nameFont);
    painter.setPen(theme().colour(selected ? Hue::Accent : Hue::Text));
    const QString name = nameMetrics.elidedText(card.name, Qt::ElideMiddle, card.title.width());
    painter.drawText(card.title, Qt::AlignLeft | Qt::AlignVCenter, name);
    if (const Words words = wordsOf(card); !words.text.isEmpty()) {
      painter.setFont(theme().font(form_ == Form::Card ? FontRole::Small : FontRole::Chip));
      painter.setPen(theme().colour(Hue::Dim));
      painter.drawText(card.title, Qt::AlignRight | Qt::AlignVCenter, words.text);
    }
    paintMemoryBar(painter, card.bar, card.parts, theme(), BarLabels::None);
    if (card.target != 0) {
      const int x = card.bar.left() + barPosition(card.bar, card.target, card.memory);
      const int wide = std::max(theme().px(2), 2);
      painter.fillRect(QRect(x - wide / 2 - 1, card.bar.top() - 2, wide + 2, card.bar.height() + 4), theme().colour(Hue::Ground));
      painter.fillRect(QRect(x - wide / 2, card.bar.top() - 2, wide, card.bar.height() + 4), theme().colour(Hue::Text));
    }
  }
  card.map.paint(painter, exposed);
  if (selected && hasFocus()) {
    painter.setPen(QPen(theme().colour(Hue::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawLine(card.title.left(), card.title.bottom() + 1, card.title.right(), card.title.bottom() + 1);
  }
}

GuestFloor::Words GuestFloor::wordsOf(const Card& card) const {
  if (form_ == Form::Chip) return {};
  const QFontMetrics name(theme().font(form_ == Form::Card ? FontRole::Strong : FontRole::Chip));
  const QFontMetrics metrics(theme().font(form_ == Form::Card ? FontRole::Small : FontRole::Chip));
  const int room = card.title.width() - name.horizontalAdvance(card.name) - theme().px(8);
  QString text = card.figures;
  // What does not fit whole is told in parts, never cut off in the middle of a number.
  while (metrics.horizontalAdvance(text) > room && text.contains(QStringLiteral(" · "))) text = text.section(QStringLiteral(" · "), 0, -2);
  const int width = metrics.horizontalAdvance(text);
  if (width > room) return {};
  return {text, QRect(card.title.right() - width + 1, card.title.top(), width, card.title.height())};
}

// The parts of every card's bar, and the words beside its name, by what they count.
std::vector<Figure> GuestFloor::figures() const {
  std::vector<Figure> figures;
  const auto frames = kindsOf({EventKind::GuestFrame}), operations = kindsOf({EventKind::Operations});
  const bool machine = seesMachine(options_.seat());
  for (const Card& card : cards_) {
    const QString vm = QStringLiteral("vm.%1.").arg(card.name);
    const std::vector<QRect> segments = barSegments(card.bar, card.parts);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (!machine)
        figures.push_back({segments[i], vm + QStringLiteral("guest frames"), frames, card.vm});
      else
        figures.push_back({segments[i], vm + qstring(overcommit::nameOf(kCardOrder[i])), eventsOf(kCardOrder[i]), card.vm});
    }
    const Words words = wordsOf(card);
    if (words.text.isEmpty()) continue;
    if (machine)
      figures.push_back({words.rect, vm + QStringLiteral("granted"), eventsOf(PagePlace::Private), card.vm});
    else if (options_.seat() == Seat::GuestOs)
      figures.push_back({words.rect, vm + QStringLiteral("guest frames"), frames, card.vm});
    else
      figures.push_back({words.rect, vm + QStringLiteral("operations"), operations, card.vm});
  }
  return figures;
}

void GuestFloor::resizeEvent(QResizeEvent* event) {
  Picture::resizeEvent(event);
  layOut();
}

void GuestFloor::mousePressEvent(QMouseEvent* event) {
  if (selection_ == nullptr || chooseFigure(event->pos())) return;
  const Card* card = cardAt(event->pos());
  if (card == nullptr) return selection_->clear();
  const auto page = card->map.pageAt(event->pos());
  if (page)
    selection_->selectPage(card->vm, Gfn(*page));
  else
    selection_->selectVm(card->vm);
}

void GuestFloor::mouseDoubleClickEvent(QMouseEvent* event) {
  if (enlarged_) return enlarge(std::nullopt);
  if (const Card* card = cardAt(event->pos())) enlarge(card->vm);
}

// Across pages where cells can be seen, across VMs otherwise.
void GuestFloor::moveSelection(int dx, int dy) {
  if (cards_.empty() || selection_ == nullptr) return;
  const Subject& subject = selection_->subject();
  const auto at = std::ranges::find_if(cards_, [&](const Card& card) { return subject.vm == card.vm; });
  if (at == cards_.end()) return selection_->selectVm(cards_.front().vm);
  if (subject.gfn) {
    const MapGeometry& geometry = at->map.geometry();
    const auto row = static_cast<std::int64_t>(geometry.pagesPerRow());
    const std::int64_t to = static_cast<std::int64_t>(subject.gfn->value()) + dx + dy * row;
    if (to >= 0 && to < static_cast<std::int64_t>(geometry.pages())) selection_->selectPage(at->vm, Gfn(static_cast<std::uint64_t>(to)));
    return;
  }
  const std::int64_t to = at - cards_.begin() + dx + std::int64_t{dy} * columnsFor(cards_.size());
  if (to >= 0 && to < std::ssize(cards_)) selection_->selectVm(cards_[static_cast<std::size_t>(to)].vm);
}

void GuestFloor::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (key == Qt::Key_Left) return moveSelection(-1, 0);
  if (key == Qt::Key_Right) return moveSelection(1, 0);
  if (key == Qt::Key_Up) return moveSelection(0, -1);
  if (key == Qt::Key_Down) return moveSelection(0, 1);
  if (selection_ != nullptr && selection_->subject().vm) {
    const VmId vm = *selection_->subject().vm;
    if (key == Qt::Key_Return || key == Qt::Key_Enter) {
      // First into the VM's pages, then into its map.
      if (!selection_->subject().gfn) return selection_->selectPage(vm, Gfn(0));
      return enlarge(vm);
    }
    if (key == Qt::Key_Escape) {
      if (enlarged_) return enlarge(std::nullopt);
      if (selection_->subject().gfn) return selection_->selectVm(vm);
      return selection_->clear();
    }
  }
  if (key == Qt::Key_Escape && enlarged_) return enlarge(std::nullopt);
  Picture::keyPressEvent(event);
}

QString GuestFloor::tipFor(QPoint point) const {
  const Card* card = cardAt(point);
  if (card == nullptr || world_ == nullptr) return {};
  const auto page = card->map.pageAt(point);
  if (page && !card->map.geometry().sorted()) return pageText(*world_, card->vm, Gfn(*page), options_.seat());
  if (page) return rowText(*world_, card->vm, *page, card->map.geometry().pagesPerRow(), options_.seat());
  const QString text = vmText(*world_, card->vm, options_.seat());
  const auto figure = figureAt(point);
  return figure ? text + QLatin1Char('\n') + tipOf(*figure) : text;
}

bool GuestFloor::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), tipFor(help->pos()), this);
    return true;
  }
  return Picture::event(event);
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/machine_room.h"

#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"
#include "gui/views/flights.h"
#include "gui/views/gate_strip.h"
#include "gui/views/guest_floor.h"
#include "gui/views/loupe.h"
#include "gui/views/machine_floor.h"
#include "gui/views/page_links.h"
#include "gui/views/swap_floor.h"

namespace overcommit::gui {
namespace {

constexpr std::int64_t kFrameNanoseconds = 16'000'000;
constexpr std::int64_t kLongestFade = 100'000'000;  // after a pause highlights go on from where they were
constexpr std::int64_t kFiguresMilliseconds = 250;
constexpr std::int64_t kFlightsMilliseconds = 250;

}  // namespace

// What a seat cannot see stands where the floors would be.
class SeatNote final : public QLabel {
 public:
  explicit SeatNote(QWidget* parent) : QLabel(parent) {
    setObjectName(QStringLiteral("seatNote"));
    setWordWrap(true);
    setAlignment(Qt::AlignCenter);
  }
};

MachineRoom::MachineRoom(const PanelContext& context)
    : Panel(context, QStringLiteral("machineRoom"), tr("Machine room"), Pace::Frame),
      guests_(new GuestFloor(theme(), options(), this)),
      gates_(new GateStrip(theme(), this)),
      machine_(new MachineFloor(theme(), options(), this)),
      swap_(new SwapFloor(theme(), options(), this)),
      note_(new SeatNote(this)),
      links_(new PageLinks(theme(), this)),
      flights_(new Flights(theme(), this)),
      loupe_(new Loupe(theme(), this)) {
  guests_->installEventFilter(this);
  machine_->installEventFilter(this);
  showsWhatMade(*guests_);
  showsWhatMade(*machine_);
  connect(gates_, &GateStrip::gateChosen, this, [this](Gate gate) { Q_EMIT eventsWanted(eventsOf(gate)); });
  connect(gates_, &GateStrip::lockWanted, this, [this](Gate gate, GateLock lock) {
    this->link().lockGate(gate, lock, [this](const QString& trouble) {
      if (!trouble.isEmpty()) Q_EMIT said(trouble);
      gates_->refresh();
    });
  });
  const auto showLocks = [this] {
    gates_->setLocks(this->link().whyNoChange().isEmpty() ? GateStrip::Locks::Work : GateStrip::Locks::Fixed);
  };
  connect(&context.link, &EngineLink::liveChanged, this, showLocks);
  connect(&context.link, &EngineLink::instantChanged, this, showLocks);
  connect(guests_, &GuestFloor::arrangementChanged, this, &MachineRoom::layOutFloors);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setFocusProxy(guests_);
  setMinimumSize(480, 230);
}

QAbstractItemModel* MachineRoom::table() {
  for (Picture* picture : std::initializer_list<Picture*>{gates_, machine_, swap_}) {
    if (picture->hasFocus()) return &picture->table();
  }
  return &guests_->table();
}

void MachineRoom::paintEvent(QPaintEvent*) { QPainter(this).fillRect(rect(), theme().colour(Hue::Ground)); }

void MachineRoom::rebuild() {
  const bool another = fieldsOf_ != run();
  fieldsOf_ = run();
  if (another) {
    // The floors hold pointers into the fields: first they let go.
    guests_->setWorld(nullptr, nullptr, nullptr);
    machine_->setWorld(nullptr, nullptr, nullptr);
    swap_->setWorld(nullptr, nullptr, nullptr);
    fields_ = run() == nullptr ? nullptr : std::make_unique<WorldFields>(run()->world());
    flights_->clear();
    times_.reset();
    if (run() != nullptr) {
      plan_.restart(run()->playback());
      connect(&run()->inquiry(), &Inquiry::timesAnswered, this, [this](const std::shared_ptr<const PageTimes>& times) {
        if (run() == nullptr || !fields_) return;
        times_ = times;
        if (options().shownLayer() != MapLayer::State) refreshCells(Motion::Jumped);
      });
    }
  }
  gates_->setRun(run());
  note_->setText(seesMachine(options().seat()) ? QString() : knowledgeOf(options().seat()));
  note_->setFont(theme().font(FontRole::Body));
  note_->setStyleSheet(QStringLiteral("color: %1").arg(theme().colour(Hue::Dim).name()));
  if (!options().loupe()) loupe_->hide();
  if (run() != nullptr) {
    askTimes(Motion::Jumped);
    updateFields(Motion::Jumped);
  }
  if (another && run() != nullptr) {
    const WorldModel* world = &run()->world();
    guests_->setWorld(world, fields_.get(), &run()->selection());
    machine_->setWorld(world, fields_.get(), &run()->selection());
    swap_->setWorld(world, fields_.get(), &run()->selection());
  }
  layOutFloors();
  guests_->layOut();
  machine_->layOut();
  swap_->layOut();
  showLinks();
  update();
}

void MachineRoom::layOutFloors() {
  // With docks below it in a low window: the maps come first.
  const bool compact = height() < theme().px(430);
  const int margin = theme().px(12), gap = theme().px(compact ? 6 : 10);
  const QRect room = rect().adjusted(margin, theme().px(compact ? 4 : 8), -margin, -theme().px(compact ? 4 : 8));
  gates_->setCompact(compact);
  machine_->setCompact(compact);
  swap_->setCompact(compact);
  const bool whole = seesMachine(options().seat());
  for (QWidget* floor : std::initializer_list<QWidget*>{gates_, machine_, swap_}) floor->setVisible(whole);
  note_->setVisible(!whole);
  if (!whole) {
    const int noteHeight = theme().px(64);
    guests_->setGeometry(room.left(), room.top(), room.width(), room.height() - noteHeight);
    note_->setGeometry(room.left(), room.bottom() - noteHeight + 1, room.width(), noteHeight);
    return;
  }
  const int gateHeight = gates_->wantedHeight();
  const int strip = std::clamp(room.height() * 44 / 650, theme().px(12), theme().px(40));
  const int swapHeight = swap_->heightFor(strip);
  const int maps = room.height() - gateHeight - swapHeight - 3 * gap;
  // Guests get three fifths; what they do not need goes to the machine, and what that does not need between the floors.
  const int guestMost = std::max((maps - machine_->headHeight()) * 6 / 10 + theme().px(24), 1);
  const int guestHeight = std::min(guests_->heightWithin(room.width(), guestMost), guestMost);
  const int machineMost = std::max(maps - guestHeight, machine_->headHeight() + 8);
  const int machineHeight = machine_->heightWithin(room.width(), machineMost);
  const int rest = std::max(maps - guestHeight - machineHeight, 0);
  int y = room.top();
  guests_->setGeometry(room.left(), y, room.width(), guestHeight);
  y += guestHeight + gap + rest / 3;
  gates_->setGeometry(room.left(), y, room.width(), gateHeight);
  y += gateHeight + gap + rest / 3;
  machine_->setGeometry(room.left(), y, room.width(), machineHeight);
  y += machineHeight + gap + rest / 3;
  swap_->setGeometry(room.left(), y, room.width(), swapHeight);
  showLinks();
}

void MachineRoom::resizeEvent(QResizeEvent* event) {
  Panel::resizeEvent(event);
  layOutFloors();
}

void MachineRoom::showFields(Motion motion) {
  run()->playback().takeChanges(changes_);
  fields_->update(run()->world(), changes_, options().seat(), FieldFocus{run()->selection().subject().vm}, motion,
                  FieldLayer{options().shownLayer(), times_.get(), run()->playback().now()});
}

// Layers of time are asked for as often as figures change; whoever plays gets the next answer a moment later.
void MachineRoom::askTimes(Motion motion) {
  const MapLayer layer = options().shownLayer();
  if (run() == nullptr || (layer != MapLayer::Heat && layer != MapLayer::Age)) return;
  if (motion == Motion::Played && sinceTimes_.isValid() && sinceTimes_.elapsed() < kFiguresMilliseconds) return;
  sinceTimes_.start();
  run()->inquiry().askTimes(run()->playback().sequence());
}

void MachineRoom::refreshCells(Motion motion) {
  showFields(motion);
  guests_->refreshCells();
  machine_->refreshCells();
  swap_->refreshCells();
}

void MachineRoom::updateFields(Motion motion) {
  if (!fields_) return;
  if (theme().reduceMotion() && motion == Motion::Played) motion = Motion::Jumped;
  showFields(motion);
  if (motion == Motion::Played && sinceFade_.isValid()) {
    fadeRest_ += std::min<std::int64_t>(sinceFade_.nsecsElapsed(), kLongestFade);
    fields_->fade(static_cast<unsigned>(fadeRest_ / kFrameNanoseconds));
    fadeRest_ %= kFrameNanoseconds;
  }
  sinceFade_.start();
}

void MachineRoom::refresh(Motion motion) {
  if (!fields_) return;
  askTimes(motion);
  showFlights(motion);
  updateFields(motion);
  guests_->refreshCells();
  machine_->refreshCells();
  swap_->refreshCells();
  showLinks();
  // Figures change four times a second: faster nobody reads.
  if (motion == Motion::Played && sinceFigures_.isValid() && sinceFigures_.elapsed() < kFiguresMilliseconds) return;
  refreshFigures();
}

void MachineRoom::refreshFigures() {
  sinceFigures_.start();
  guests_->refreshFigures();
  machine_->refreshFigures();
  swap_->refreshFigures();
  gates_->refresh();
}

void MachineRoom::settled() {
  if (!fields_) return;
  flights_->clear();
  plan_.restart(run()->playback());
  askTimes(Motion::Jumped);
  refreshFigures();
}

void MachineRoom::historyGrew() { gates_->refresh(); }

// From the page's cell through its gate to where it is; of a shared frame from every page that can be seen.
void MachineRoom::showLinks() {
  links_->setGeometry(rect());
  std::vector<QPolygon> lines;
  const bool visible = fields_ && run() != nullptr && seesMachine(options().seat());
  const Subject subject = visible ? run()->selection().subject() : Subject();
  constexpr std::size_t kMostLinks = 24;
  const auto link = [&](VmId vm, Gfn gfn) {
    const WorldModel& world = run()->world();
    const WorldPage page = world.page(vm, gfn);
    const QRect cell = guests_->rectOf(vm, gfn);
    if (cell.isEmpty() || page.place == PagePlace::Untouched || lines.size() >= kMostLinks) return;
    const auto gateFor = [](PagePlace place) {
      switch (place) {
        case PagePlace::Untouched:
        case PagePlace::Private: return Gate::FirstTouch;
        case PagePlace::Shared: return Gate::Sharing;
        case PagePlace::Ballooned: return Gate::Balloon;
        case PagePlace::Zipped: return Gate::Compression;
        case PagePlace::Swapped: return Gate::Swap;
      }
      return Gate::FirstTouch;
    };
    const QRect gate = gates_->rectOf(gateFor(page.place)).translated(gates_->pos());
    QPolygon line{cell.center() + guests_->pos(), QPoint(gate.center().x(), gate.top())};
    const bool framed = page.place == PagePlace::Private || page.place == PagePlace::Shared ||
                        (page.place == PagePlace::Zipped && page.compressedBytes != 0);
    QRect target;
    if (framed) target = machine_->rectOf(page.mfn).translated(machine_->pos());
    if (page.place == PagePlace::Swapped) target = swap_->rectOf(vm, page.slot).translated(swap_->pos());
    lines.push_back(line);
    if (target.isEmpty()) return;
    // A row of a sorted map has no place for one page: its left end stands for it.
    const QPoint end = target.width() > width() / 8 ? QPoint(target.left(), target.center().y()) : target.center();
    lines.push_back(QPolygon{QPoint(gate.center().x(), gate.bottom() + 1), end});
  };
  if (subject.vm && subject.gfn) link(*subject.vm, *subject.gfn);
  if (subject.mfn && run()->world().frame(*subject.mfn).use == FrameUse::Shared) {
    for (std::size_t v = 0; v < run()->world().vms(); ++v) {
      const VmId vm(static_cast<std::uint16_t>(v));
      run()->world().forEachPage(vm, [&](std::uint64_t gfn, PageCell page) {
        if (page.place() == PagePlace::Shared && page.number() == subject.mfn->value()) link(vm, Gfn(gfn));
      });
    }
  }
  links_->show(std::move(lines));
}

// Where a flight begins and ends: at the page, or its VM; at the gate; at the frame or slot, or the floor that it goes to.
std::vector<QRect> MachineRoom::placesOf(const Flight& flight) const {
  const WorldModel& world = run()->world();
  const auto small = [](QRect rect) { return rect.width() > 64 ? QRect(rect.center(), QSize(1, 1)) : rect; };
  QRect page = flight.count > 1 ? QRect() : guests_->rectOf(flight.vm, flight.gfn);
  if (page.isEmpty()) page = guests_->rectOf(flight.vm);
  if (page.isEmpty()) return {};
  const QRect gate = gates_->rectOf(flight.gate).translated(gates_->pos());
  QRect below = QRect(gate.center().x(), machine_->geometry().center().y(), 1, 1);
  if (flight.gate == Gate::Swap) below = QRect(gate.center().x(), swap_->geometry().center().y(), 1, 1);
  if (flight.count == 1) {
    const WorldPage now = world.page(flight.vm, flight.gfn);
    if (now.place == PagePlace::Private || now.place == PagePlace::Shared) {
      const QRect frame = machine_->rectOf(now.mfn);
      if (!frame.isEmpty()) below = small(frame).translated(machine_->pos());
    } else if (now.place == PagePlace::Swapped) {
      const QRect slot = swap_->rectOf(flight.vm, now.slot);
      if (!slot.isEmpty()) below = small(slot).translated(swap_->pos());
    }
  }
  return {small(page).translated(guests_->pos()), gate, below};
}

void MachineRoom::showFlights(Motion motion) {
  if (theme().reduceMotion() || !seesMachine(options().seat())) return plan_.restart(run()->playback());
  if (motion == Motion::Played && sincePlan_.isValid() && sincePlan_.elapsed() < kFlightsMilliseconds) return;
  sincePlan_.start();
  if (motion != Motion::Played) flights_->clear();
  std::vector<Flights::Sprite> sprites;
  for (const Flight& flight : plan_.take(run()->playback(), run()->selection().subject(), motion)) {
    const std::vector<QRect> places = placesOf(flight);
    if (places.empty()) continue;
    // What the gate is between: a page that is inflated or shared goes no further than where its frame was.
    const QPoint from = places.front().center(), to = places.back().center();
    sprites.push_back({flight.down ? from : to, flight.down ? to : from, hueOf(flight.gate), flight.count});
  }
  flights_->start(sprites, motion == Motion::Stepped ? Flights::Pace::Slow : Flights::Pace::Normal);
}

bool MachineRoom::eventFilter(QObject* watched, QEvent* event) {
  if (options().loupe() && run() != nullptr) {
    if (event->type() == QEvent::MouseMove) showLoupe(watched, static_cast<QMouseEvent*>(event)->pos());
    if (event->type() == QEvent::Leave) loupe_->hide();
  }
  return Panel::eventFilter(watched, event);
}

void MachineRoom::showLoupe(QObject* floor, QPoint point) {
  if (floor == guests_) {
    const auto page = guests_->pageAt(point);
    if (!page) return loupe_->hide();
    const QString what = tr("%1, page %2").arg(qstring(run()->world().name(page->vm)), hexText(page->gfn.value()));
    return loupe_->show(fields_->pages(page->vm), page->gfn.value(), options().shownLayer(), guests_->mapTo(this, point), what);
  }
  const auto frame = machine_->frameAt(point);
  if (!frame) return loupe_->hide();
  loupe_->show(fields_->frames(), frame->value(), options().shownLayer(), machine_->mapTo(this, point),
               tr("machine frame %1").arg(hexText(frame->value())));
}

void MachineRoom::selectionChanged() {
  if (!fields_) return;
  showFields(Motion::Played);
  guests_->refreshCells();
  machine_->refreshCells();
  swap_->refreshCells();
  guests_->update();
  machine_->update();
  swap_->update();
  showLinks();
}

}  // namespace overcommit::gui

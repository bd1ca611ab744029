// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QComboBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenuBar>
#include <QMessageBox>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>

#include "gui/app/begin_lab_dialog.h"
#include "gui/app/begin_strip.h"
#include "gui/app/command_palette.h"
#include "gui/app/help_window.h"
#include "gui/app/key_map_dialog.h"
#include "gui/app/status_line.h"
#include "gui/app/table_dialog.h"
#include "gui/app/transport_bar.h"
#include "gui/lab/lab_work.h"
#include "gui/models/subject_text.h"
#include "gui/panels/branches_panel.h"
#include "gui/panels/change_panel.h"
#include "gui/panels/event_log_panel.h"
#include "gui/panels/lab_panel.h"
#include "gui/session/page_events.h"
#include "gui/session/places.h"
#include "gui/session/scenario_list.h"
#include "gui/session/text.h"
#include "gui/theme/icons.h"
#include "gui/views/legend.h"
#include "gui/views/start_page.h"

namespace overcommit::gui {

MainWindow::MainWindow(Theme& theme, ViewOptions& options)
    : theme_(theme),
      options_(options),
      actions_(this),
      link_(std::make_unique<EngineLink>()),
      lab_(std::make_unique<LabWork>(options)),
      room_(new MachineRoom({theme, options, *link_})),
      banner_(new QLabel),
      speed_(kSpeeds[kNormalSpeed]) {
  setObjectName(QStringLiteral("mainWindow"));
  setWindowTitle(tr("Overcommit"));
  setWindowIcon(programIcon());
  setDockNestingEnabled(true);
  resize(1600, 900);

  makeCentre();
  makeLink();
  makeLab();
  makeActions();
  bar_ = new TransportBar(theme_, options_, actions_);
  addToolBar(bar_);
  status_ = new StatusLine(theme_, options_, *link_);
  setStatusBar(status_);
  makeDocks();
  makeHelpActions();
  makeMenus();
  makeLegend();
  connect(&theme_, &Theme::changed, this, &MainWindow::restyle);
  restyle();
  start_->setScenarios(scenariosIn(scenarioFolder()));
  setStarting(true);
  QCoreApplication::instance()->installEventFilter(this);
}

// In the menu bar; with large text or in a narrow window below the tool bar.
void MainWindow::makeLegend() {
  legend_ = new Legend(theme_, options_, QStringLiteral("legend"), menuBar());
  menuBar()->setCornerWidget(legend_);
  legendBelow_ = new Legend(theme_, options_, QStringLiteral("legendBelow"), this);
  legendBar_ = new QToolBar(tr("Legend"), this);
  legendBar_->setObjectName(QStringLiteral("legendBar"));
  legendBar_->setAccessibleName(tr("Legend"));
  legendBar_->setMovable(false);
  legendBar_->addWidget(legendBelow_);
  legendBar_->toggleViewAction()->setVisible(false);
  addToolBar(legendBar_);
  connect(&options_, &ViewOptions::changed, this, &MainWindow::placeLegend);
}

void MainWindow::placeLegend() {
  if (legendBar_ == nullptr) return;
  const QFontMetrics metrics(menuBar()->font());
  int menus = theme_.px(24);
  for (const QAction* menu : menuBar()->actions()) menus += metrics.horizontalAdvance(menu->text()) + theme_.px(12);
  const bool fits = menus + legend_->sizeHint().width() <= width();
  legend_->setVisible(fits);
  // A line of its own takes room even while nothing is in it.
  if (fits)
    removeToolBarBreak(legendBar_);
  else
    insertToolBarBreak(legendBar_);
  legendBar_->setVisible(!fits && !starting_);
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  placeLegend();
  arrangeForRoom();
}

void MainWindow::makeCentre() {
  auto* centre = new QWidget;
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  banner_->setObjectName(QStringLiteral("banner"));
  banner_->setAccessibleName(tr("What is wrong"));
  banner_->setWordWrap(true);
  banner_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  banner_->hide();
  start_ = new StartPage(theme_);
  connect(start_, &StartPage::scenarioChosen, this, &MainWindow::beginScenario);
  connect(start_, &StartPage::traceChosen, this, &MainWindow::openOrSay);
  connect(start_, &StartPage::openWanted, this, &MainWindow::askForFile);
  begin_ = new BeginStrip(theme_);
  centre_ = new QStackedWidget;
  centre_->addWidget(start_);
  centre_->addWidget(room_);
  column->addWidget(banner_);
  column->addWidget(begin_);
  column->addWidget(centre_, 1);
  setCentralWidget(centre);
  setMinimumSize(960, 600);
}

// Docks and tool bar belong to a run.
void MainWindow::setStarting(bool starting) {
  if (starting == starting_) return;
  starting_ = starting;
  centre_->setCurrentWidget(starting ? static_cast<QWidget*>(start_) : room_);
  bar_->setVisible(!starting);
  if (starting) {
    if (!dockState_.isEmpty() || isVisible()) dockState_ = saveState();
    for (const Dock& dock : docks_) dock.widget->hide();
    return placeLegend();
  }
  if (!restoreDocks()) setWorkspace(workspace_);
  placeLegend();
  arrangeForRoom();
}

// Where there is no room for two docks above one another, they are tabs of one: with large text in a small window. What a person has put
// elsewhere stays there.
void MainWindow::arrangeForRoom() {
  const bool cramped = height() < theme_.px(560);
  if (starting_ || cramped == cramped_) return;
  cramped_ = cramped;
  using Place = PanelEntry::Place;
  for (const auto& [place, with] : {std::pair(Place::RightTop, Place::Right), std::pair(Place::Bottom, Place::BottomTabs)}) {
    QDockWidget *first = firstDockOf(place), *second = firstDockOf(with);
    const bool together = dockWidgetArea(first) == dockWidgetArea(second) && !first->isFloating() && !second->isFloating();
    if (!together || tabifiedDockWidgets(first).contains(second) == cramped) continue;
    if (cramped) {
      tabifyDockWidget(second, first);
      continue;
    }
    // All of the others are tabs of the second, and follow it.
    const bool hidden = second->isHidden();
    const QList<QDockWidget*> others = tabifiedDockWidgets(second);
    QDockWidget* onTop = second;
    for (QDockWidget* other : others) {
      if (other != first && !other->visibleRegion().isEmpty()) onTop = other;
    }
    addDockWidget(dockWidgetArea(first), first);
    splitDockWidget(first, second, Qt::Vertical);
    for (QDockWidget* other : others) {
      if (other != first) tabifyDockWidget(second, other);
    }
    second->setHidden(hidden);
    onTop->raise();
  }
  giveDocksTheirSizes();
}

QDockWidget* MainWindow::firstDockOf(PanelEntry::Place place) const {
  return std::ranges::find_if(docks_, [place](const Dock& dock) { return dock.entry.place == place; })->widget;
}

// As it was left: perhaps with large text.
bool MainWindow::restoreDocks() {
  if (dockState_.isEmpty() || !restoreState(dockState_)) return false;
  cramped_ = tabifiedDockWidgets(firstDockOf(PanelEntry::Place::RightTop)).contains(firstDockOf(PanelEntry::Place::Right));
  arrangeForRoom();
  return true;
}

// As in the design: the right docks take a quarter of a small window and a fifth of a large one.
void MainWindow::giveDocksTheirSizes() {
  const auto dockOf = [this](const char* id) { return findChild<QDockWidget*>(QStringLiteral("dock.%1").arg(QLatin1String(id))); };
  QDockWidget *freeState = dockOf("freeState"), *inspector = dockOf("inspector"), *lab = dockOf("lab");
  const int right = width() < 1440 ? 320 : width() < 1800 ? 344 : 384;
  resizeDocks({freeState, inspector, lab}, {theme_.px(right), theme_.px(right), theme_.px(right + right / 5)}, Qt::Horizontal);
  const int bottom = giveBottomItsHeight();
  resizeDocks({freeState, inspector}, {theme_.px(300), std::max(height() - theme_.px(300) - bottom, 100)}, Qt::Vertical);
}

// The timeline is low while there are tabs below it in a low window, so that the maps remain. Returns the height of all.
int MainWindow::giveBottomItsHeight() {
  QDockWidget* timeline = nullptr;
  QDockWidget* tab = nullptr;
  for (const Dock& dock : docks_) {
    if (dock.entry.place == PanelEntry::Place::Bottom) timeline = dock.widget;
    if (dock.entry.place == PanelEntry::Place::BottomTabs && !dock.widget->isHidden() && !cramped_) tab = dock.widget;
  }
  const int alone = theme_.px(cramped_ ? 130 : height() < 800 ? 160 : height() < 1000 ? 176 : 200);
  if (tab == nullptr) {
    resizeDocks({timeline}, {alone}, Qt::Vertical);
    return alone;
  }
  const int line = height() < 800 ? theme_.px(72) : height() < 1000 ? theme_.px(120) : alone;
  const int below = theme_.px(height() < 800 ? 170 : height() < 1000 ? 220 : 260);
  resizeDocks({timeline, tab}, {line, below}, Qt::Vertical);
  return line + below;
}

void MainWindow::setWorkspace(Workspace workspace) {
  if (starting_) return;
  workspace_ = workspace;
  const QStringList wanted = panelsOf(workspace);
  for (const Dock& dock : docks_) dock.widget->setVisible(wanted.contains(dock.entry.id));
  for (const QString& id : wanted) {
    const auto found = std::ranges::find_if(docks_, [&](const Dock& dock) { return dock.entry.id == id; });
    if (found != docks_.end()) found->widget->raise();
  }
  giveDocksTheirSizes();
}

void MainWindow::showStart() {
  setRun(nullptr);
  setWindowTitle(tr("Overcommit"));
  setStarting(true);
}

void MainWindow::makeLink() {
  connect(link_.get(), &EngineLink::begun, this, &MainWindow::showBegun);
  connect(link_.get(), &EngineLink::failed, this, &MainWindow::trouble);
  connect(link_.get(), &EngineLink::troubled, this, &MainWindow::trouble);
  connect(link_.get(), &EngineLink::said, this, [this](const QString& text) { status_->say(text); });
  connect(link_.get(), &EngineLink::preparing, begin_, &BeginStrip::show);
  connect(link_.get(), &EngineLink::preparingEnded, begin_, &BeginStrip::hide);
  connect(begin_, &BeginStrip::cancelled, link_.get(), &EngineLink::cancelBeginning);
}

void MainWindow::makeLab() {
  connect(start_, &StartPage::labChosen, this, &MainWindow::chooseLab);
  connect(lab_.get(), &LabWork::listed, this, [this] {
    start_->setLabs(lab_->labs());
    lab_->setRun(run_.get());
  });
  connect(lab_.get(), &LabWork::opened, this, &MainWindow::showLab);
  connect(lab_.get(), &LabWork::troubled, this, &MainWindow::trouble);
  connect(lab_.get(), &LabWork::momentReady, this, [this](const QString& trace, VirtualTime at) {
    if (auto opened = openTrace(trace.toStdString()); !opened) return trouble(qstring(opened.error().text));
    run_->playback().seek(at);
  });
  connect(qApp, &QApplication::focusChanged, this, [this](const QWidget*, const QWidget* now) { notePanelOf(now); });
}

// What is clicked into or gets the keyboard comes to the front.
void MainWindow::notePanelOf(const QWidget* widget) {
  for (; widget != nullptr; widget = widget->parentWidget()) {
    if (const auto* panel = qobject_cast<const Panel*>(widget)) return lab_->recorder().notePanel(panel->objectName());
  }
}

Result<void> MainWindow::openLab(const QString& folder) {
  if (lab_->labs().empty()) lab_->list();
  return lab_->open(folder);
}

// What was begun goes on.
void MainWindow::chooseLab(const QString& lab) {
  const auto found = std::ranges::find(lab_->labs(), lab, &LabEntry::name);
  if (found == lab_->labs().end() || !LabWork::isWork(LabWork::usualFolder(*found))) return beginLab(lab);
  if (const auto opened = openLab(LabWork::usualFolder(*found)); !opened) trouble(qstring(opened.error().text));
}

void MainWindow::beginLab(const QString& lab) {
  if (lab_->labs().empty()) {
    lab_->list();
    lab_->waitForList();
  }
  if (lab_->labs().empty()) {
    const auto engine = enginePath();
    return trouble(engine ? tr("There are no labs here: the command `overcommit lab list` says where it looked for them.")
                          : qstring(engine.error().text));
  }
  BeginLabDialog dialog(*lab_, lab, this);
  if (dialog.exec() == QDialog::Accepted) lab_->begin(dialog.lab(), dialog.folder(), dialog.student());
}

void MainWindow::askForLabFolder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open work on a lab"), lab_->folder());
  if (folder.isEmpty()) return;
  if (const auto opened = openLab(folder); !opened) trouble(qstring(opened.error().text));
}

// The lab stands beside the start page until something runs, and beside the run then. A lab that was open before is shown as it was left.
void MainWindow::showLab() {
  banner_->hide();
  lab_->setRun(run_.get());
  if (!shownLab_.isEmpty()) labViews_.insert(shownLab_, view());
  const bool another = shownLab_ != lab_->name();
  shownLab_ = lab_->name();
  if (const auto known = labViews_.constFind(shownLab_); another && known != labViews_.constEnd()) {
    showView(*known);
  } else if (starting_) {
    workspace_ = Workspace::Lab;
    dockState_.clear();
  }
  const bool wasHidden = !panel(QStringLiteral("lab"))->isVisible();
  showPanel(QStringLiteral("lab"));
  if (wasHidden) giveDocksTheirSizes();
}

void MainWindow::beginScenario(const QString& path, const QString& profile) {
  banner_->hide();
  withPlayback([](Playback& p) { p.stop(); });
  link_->beginScenario(path, profile);
}

// A run that has just begun plays; one that branched off stands where it did, for something to be changed. What was selected stays so.
void MainWindow::showBegun(const QString& trace) {
  const Subject subject = run_ ? run_->selection().subject() : Subject();
  const Branch* branch = link_->branches().find(trace);
  const bool branched = branch != nullptr && !branch->parent.isEmpty();
  if (auto opened = openTrace(std::filesystem::path(trace.toStdString())); !opened) {
    link_->cancelBeginning();
    return trouble(qstring(opened.error().text));
  }
  if (!branched) return run_->playback().play();
  run_->playback().seek(run_->playback().end());
  run_->selection().select(subject);
}

void MainWindow::openOrSay(const QString& file) {
  if (file.endsWith(QStringLiteral(".toml"), Qt::CaseInsensitive)) return beginScenario(file, QString());
  if (auto opened = openTrace(std::filesystem::path(file.toStdString())); !opened) trouble(qstring(opened.error().text));
}

void MainWindow::noteRecent(const QString& trace) {
  recent_.removeAll(trace);
  recent_.prepend(trace);
  recent_ = recent_.mid(0, kMostRecent);
  start_->setRecent(recent_);
}

void MainWindow::restore(const StoredSession& session) {
  if (!session.geometry.isEmpty()) restoreGeometry(session.geometry);
  labViews_ = session.labViews;
  theme_.choose(session.theme);
  theme_.setReduceMotion(session.reduceMotion);
  showView(session.view);
  recent_.clear();
  for (const QString& trace : session.recent) {
    if (QFileInfo::exists(trace)) recent_ << trace;
  }
  start_->setRecent(recent_);
  link_->setBranches(BranchList::fromStored(session.branches));
  if (LabWork::isWork(session.lab)) {
    const QSignalBlocker quietly(lab_.get());  // where its panel is, the docks say
    if (openLab(session.lab)) shownLab_ = lab_->name();
  }
}

void MainWindow::showView(const StoredView& view) {
  dockState_ = view.docks;
  workspace_ = view.workspace;
  if (!starting_) restoreDocks();
  theme_.setZoom(view.zoom);
  options_.setSeat(view.seat);
  options_.setOrder(view.order);
  options_.setLayer(view.layer);
  speed_ = view.speed;
  if (run_) run_->playback().setSpeed(view.speed);
}

StoredView MainWindow::view() const {
  return {starting_ ? dockState_ : saveState(),    workspace_, theme_.zoom(), options_.seat(), options_.order(), options_.layer(),
          run_ ? run_->playback().speed() : speed_};
}

StoredSession MainWindow::session() const {
  StoredSession session;
  session.view = view();
  session.geometry = saveGeometry();
  session.theme = theme_.choice();
  session.reduceMotion = theme_.reduceMotion();
  session.labViews = labViews_;
  if (!shownLab_.isEmpty()) session.labViews.insert(shownLab_, session.view);
  session.recent = recent_;
  link_->noteReached();
  session.branches = link_->branches().stored();
  session.lab = lab_->folder();
  if (run_) {
    session.trace = QString::fromStdString(run_->playback().path().string());
    session.at = run_->playback().now();
  }
  return session;
}

// Keys of the window are not taken from the control that has the keyboard and needs them: Space presses buttons and ticks list items.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool control = qobject_cast<QAbstractButton*>(watched) != nullptr || qobject_cast<QComboBox*>(watched) != nullptr ||
                         qobject_cast<QListView*>(watched) != nullptr;
    if (control && key->key() == Qt::Key_Space && key->modifiers() == Qt::NoModifier) {
      event->accept();
      return true;
    }
  }
  if (event->type() == QEvent::MouseButtonPress) notePanelOf(qobject_cast<const QWidget*>(watched));
  return QMainWindow::eventFilter(watched, event);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  Q_EMIT closing();
  QMainWindow::closeEvent(event);
}

// Panels let go of the run before it goes.
MainWindow::~MainWindow() {
  disconnect(qApp, nullptr, this, nullptr);  // the focus moves on while the window's parts go
  link_->cancelBeginning();
  setRun(nullptr);
}

void MainWindow::withPlayback(const std::function<void(Playback&)>& act) {
  if (run_) act(run_->playback());
}

void MainWindow::makePlayActions() {
  using Group = Actions::Group;
  const auto add = [this](const char* name, const QString& text, const QList<QKeySequence>& keys, std::function<void(Playback&)> act) {
    actions_.add(Group::Play, QString::fromLatin1(name), text, keys, [this, act = std::move(act)] { withPlayback(act); });
  };
  add("play", tr("Play"), {Qt::Key_Space}, [](Playback& p) { p.togglePlay(); });
  add("playBack", tr("Play backwards"), {Qt::SHIFT | Qt::Key_Space}, [](Playback& p) { p.play(Direction::Backwards); });
  add("stop", tr("Stop"), {Qt::Key_S}, [](Playback& p) { p.stop(); });
  add("stepOn", tr("Step on by one event"), {Qt::Key_Period}, [](Playback& p) { p.step(StepKind::Event, Direction::Forwards); });
  add("stepBack", tr("Step back by one event"), {Qt::Key_Comma}, [](Playback& p) { p.step(StepKind::Event, Direction::Backwards); });
  add("first", tr("To the beginning"), {Qt::Key_Home}, [](Playback& p) {
    p.stop();
    p.seek(VirtualTime(0));
  });
  add("last", tr("To the end"), {Qt::Key_End}, [](Playback& p) {
    p.stop();
    p.seek(p.end());
  });
  add("faster", tr("Faster"), {Qt::Key_Plus, Qt::Key_Equal}, [](Playback& p) { p.faster(); });
  add("slower", tr("Slower"), {Qt::Key_Minus}, [](Playback& p) { p.slower(); });
  const std::array<QList<QKeySequence>, kStepKinds.size()> forwards{
      {{Qt::Key_E}, {Qt::Key_F}, {Qt::Key_C}, {Qt::Key_T}, {Qt::Key_M}, {Qt::Key_N}}};
  const std::array<QList<QKeySequence>, kStepKinds.size()> back{{{Qt::SHIFT | Qt::Key_E},
                                                                 {Qt::SHIFT | Qt::Key_F},
                                                                 {Qt::SHIFT | Qt::Key_C},
                                                                 {Qt::SHIFT | Qt::Key_T},
                                                                 {Qt::SHIFT | Qt::Key_M},
                                                                 {Qt::SHIFT | Qt::Key_N}}};
  for (std::size_t i = 0; i < kStepKinds.size(); ++i) {
    const StepKind kind = kStepKinds[i];
    actions_.add(Group::Play, QStringLiteral("step%1").arg(i), tr("Next: %1").arg(gui::nameOf(kind)), forwards[i],
                 [this, kind] { withPlayback([kind](Playback& p) { p.step(kind, Direction::Forwards); }); });
    actions_.add(Group::Play, QStringLiteral("stepBack%1").arg(i), tr("Previous: %1").arg(gui::nameOf(kind)), back[i],
                 [this, kind] { withPlayback([kind](Playback& p) { p.step(kind, Direction::Backwards); }); });
  }
}

// What a run can go on to besides the steps: what is selected has something happen to it, a free state, an event that reclaims or harms.
void MainWindow::makeUntilActions() {
  using Group = Actions::Group;
  const auto untilSelected = [this](Direction direction) {
    if (!run_) return;
    const Subject subject = run_->selection().subject();
    if (subject.empty()) return status_->say(tr("Nothing is selected: click a page, a frame or a VM first."));
    // What happens to a page of a large one is told of the large one, and a frame has no VM of its own: the engine stops a little too often.
    EventFilter among;
    among.vm = subject.vm;
    run_->playback().runUntil([subject](const Event& event) { return happensTo(event, subject); }, direction,
                              tr("event of what is selected"), among);
  };
  actions_.add(Group::Until, QStringLiteral("untilSelected"), tr("Something happens to what is selected"), {Qt::Key_G},
               [untilSelected] { untilSelected(Direction::Forwards); });
  actions_.add(Group::Until, QStringLiteral("backUntilSelected"), tr("Back to what last happened to what is selected"),
               {Qt::SHIFT | Qt::Key_G}, [untilSelected] { untilSelected(Direction::Backwards); });
  for (const FreeState state : {FreeState::High, FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
    const QString what = tr("The host comes to the %1 state").arg(nameOfState(state));
    actions_.add(Group::Until, QStringLiteral("untilState%1").arg(static_cast<int>(state)), what, {}, [this, state, what] {
      const auto wanted = [state](const Event& event) {
        return event.kind == EventKind::FreeStateChange && event.values[0] == static_cast<std::uint64_t>(state);
      };
      EventFilter among;
      among.want(EventKind::FreeStateChange);
      withPlayback([&](Playback& p) { p.runUntil(wanted, Direction::Forwards, what, among); });
    });
  }
  for (const EventKind kind :
       {EventKind::Share, EventKind::Break, EventKind::Inflate, EventKind::Pop, EventKind::Zip, EventKind::Unzip, EventKind::SwapOut,
        EventKind::SwapIn, EventKind::LargeBreak, EventKind::TargetSet, EventKind::Block, EventKind::Crash}) {
    const QString name = qstring(infoOf(kind).name);
    actions_.add(Group::Until, QStringLiteral("until.%1").arg(name), tr("Event: %1").arg(name), {}, [this, kind, name] {
      EventFilter among;
      among.want(kind);
      withPlayback(
          [&](Playback& p) { p.runUntil([kind](const Event& event) { return event.kind == kind; }, Direction::Forwards, name, among); });
    });
  }
}

void MainWindow::makeLiveActions() {
  using Group = Actions::Group;
  actions_.add(Group::Live, QStringLiteral("showChange"), tr("Change the world …"), {Qt::CTRL | Qt::Key_E},
               [this] { showPanel(QStringLiteral("change")); });
  for (const Gate gate : {Gate::Sharing, Gate::Balloon, Gate::Compression, Gate::Swap}) {
    actions_.add(Group::Live, QStringLiteral("lock%1").arg(static_cast<int>(gate)),
                 tr("Lock or unlock the gate: %1").arg(gui::nameOf(gate)), {}, [this, gate] {
                   if (!run_) return;
                   const GateLock now = lockOf(gate, run_->header(), run_->history(), run_->playback().sequence());
                   link_->lockGate(gate, now == GateLock::Locked ? GateLock::Unlocked : GateLock::Locked, [this](const QString& trouble) {
                     if (!trouble.isEmpty()) status_->say(trouble);
                   });
                 });
  }
  actions_.add(Group::Live, QStringLiteral("branch"), tr("Go on from here in another way"), {Qt::CTRL | Qt::Key_B},
               [this] { goOnInAnotherWay(); });
  actions_.add(Group::Live, QStringLiteral("saveScenario"), tr("Save as scenario …"), {Qt::CTRL | Qt::SHIFT | Qt::Key_S},
               [this] { saveScenario(); });
}

void MainWindow::goOnInAnotherWay() {
  if (!run_) return;
  run_->playback().stop();
  banner_->hide();
  link_->beginBranch(QString::fromStdString(run_->playback().path().string()), qstring(run_->header().title), run_->playback().now());
}

// With the changes that were made, so that it gives the same run.
void MainWindow::saveScenario() {
  LiveRun* live = link_->live();
  if (live == nullptr || !live->answers())
    return status_->say(
        tr("Only a run whose engine is here can be saved as a scenario: go on from an instant of it in another way first."));
  const QString file = QFileDialog::getSaveFileName(this, tr("Save as scenario"), QString(), tr("Scenarios (*.toml)"));
  if (file.isEmpty()) return;
  live->ask(QStringLiteral("save"), {{QStringLiteral("scenario"), file}, {QStringLiteral("replace"), true}},
            [this, file](const EngineAnswer& answer) {
              if (answer)
                status_->say(tr("%1 is written: running it gives this run, with its changes.").arg(file));
              else
                trouble(answer.error().text);
            });
}

void MainWindow::makeActions() {
  using Group = Actions::Group;
  actions_.add(Group::File, QStringLiteral("open"), tr("&Open a trace or a scenario …"), {QKeySequence::Open}, [this] { askForFile(); });
  actions_.add(Group::File, QStringLiteral("start"), tr("&Start page"), {Qt::CTRL | Qt::Key_Home}, [this] { showStart(); });
  actions_.add(Group::File, QStringLiteral("beginLab"), tr("&Begin a lab …"), {Qt::CTRL | Qt::Key_L}, [this] { beginLab({}); });
  actions_.add(Group::File, QStringLiteral("openLab"), tr("Open &work on a lab …"), {Qt::CTRL | Qt::SHIFT | Qt::Key_L},
               [this] { askForLabFolder(); });
  actions_.add(Group::File, QStringLiteral("checkLab"), tr("&Check the work on the lab"), {Qt::CTRL | Qt::Key_Return}, [this] {
    if (lab_->lab() == nullptr) return status_->say(tr("No work on a lab is open."));
    showPanel(QStringLiteral("lab"));
    if (!lab_->checking()) findChild<QAbstractButton*>(QStringLiteral("labCheck"))->click();
  });
  actions_.add(Group::File, QStringLiteral("saveCsv"), tr("Show as a &table"), {Qt::CTRL | Qt::Key_T}, [this] { showTable(); });
  actions_.add(Group::File, QStringLiteral("savePicture"), tr("Save the &picture …"), {QKeySequence::Save}, [this] { askToSave(); });
  actions_.add(Group::File, QStringLiteral("quit"), tr("&Quit"), {QKeySequence::Quit}, [this] { close(); });
  makePlayActions();
  makeUntilActions();
  makeLiveActions();
  actions_.add(Group::View, QStringLiteral("search"), tr("Search in events"), {QKeySequence::Find}, [this] {
    showPanel(QStringLiteral("events"));
    if (auto* log = qobject_cast<EventLogPanel*>(panel(QStringLiteral("events")))) log->focusSearch();
  });
  for (std::size_t i = 0; i < kSeats.size(); ++i) {
    const Seat seat = kSeats[i];
    actions_.add(Group::View, QStringLiteral("seat%1").arg(i), tr("Seat: %1").arg(gui::nameOf(seat)),
                 {QKeySequence(static_cast<int>(Qt::Key_1) + static_cast<int>(i))}, [this, seat] { options_.setSeat(seat); });
  }
  actions_.add(Group::View, QStringLiteral("nextOrder"), tr("Order of maps: by size, by address, sorted"), {Qt::Key_O},
               [this] { options_.setOrder(static_cast<MapOrder>((static_cast<int>(options_.order()) + 1) % 3)); });
  for (const MapLayer layer : kMapLayers) {
    actions_.add(Group::View, QStringLiteral("layer.%1").arg(gui::optionOf(layer)), tr("Maps show: %1").arg(gui::nameOf(layer)), {},
                 [this, layer] { options_.setLayer(layer); });
  }
  actions_.add(Group::View, QStringLiteral("nextLayer"), tr("Maps show: the next layer"), {Qt::Key_L},
               [this] { options_.setLayer(kMapLayers[(static_cast<std::size_t>(options_.layer()) + 1) % kMapLayers.size()]); });
  actions_.add(Group::View, QStringLiteral("loupe"), tr("Magnifying glass at the pointer"), {Qt::Key_Z},
               [this] { options_.setLoupe(!options_.loupe()); });
  actions_.add(Group::View, QStringLiteral("themeLight"), tr("Light theme"), {}, [this] { theme_.choose(ThemeChoice::Light); });
  actions_.add(Group::View, QStringLiteral("themeDark"), tr("Dark theme"), {}, [this] { theme_.choose(ThemeChoice::Dark); });
  actions_.add(Group::View, QStringLiteral("themeSystem"), tr("Theme of the desktop"), {}, [this] { theme_.choose(ThemeChoice::System); });
  actions_.add(Group::View, QStringLiteral("projector"), tr("Projector mode"), {Qt::Key_F12},
               [this] { theme_.setProjector(!theme_.projector()); });
  actions_.add(Group::View, QStringLiteral("zoomIn"), tr("Larger text"), {Qt::CTRL | Qt::Key_Plus, Qt::CTRL | Qt::Key_Equal},
               [this] { theme_.setZoom(theme_.zoom() + 10); });
  actions_.add(Group::View, QStringLiteral("zoomOut"), tr("Smaller text"), {Qt::CTRL | Qt::Key_Minus},
               [this] { theme_.setZoom(theme_.zoom() - 10); });
  actions_.add(Group::View, QStringLiteral("zoomNormal"), tr("Normal text"), {Qt::CTRL | Qt::Key_0}, [this] { theme_.setZoom(100); });
  actions_.add(Group::View, QStringLiteral("reduceMotion"), tr("Reduce motion"), {},
               [this] { theme_.setReduceMotion(!theme_.reduceMotion()); });
  for (std::size_t i = 0; i < kWorkspaces.size(); ++i) {
    const Workspace workspace = kWorkspaces[i];
    actions_.add(Group::Window, QStringLiteral("workspace%1").arg(i), tr("Workspace: %1").arg(gui::nameOf(workspace)),
                 {QKeySequence(Qt::CTRL | static_cast<Qt::Key>(static_cast<int>(Qt::Key_1) + static_cast<int>(i)))},
                 [this, workspace] { setWorkspace(workspace); });
  }
  actions_.add(Group::View, QStringLiteral("fullScreen"), tr("Full screen"), {Qt::Key_F11},
               [this] { isFullScreen() ? showNormal() : showFullScreen(); });
}

void MainWindow::makeHelpActions() {
  using Group = Actions::Group;
  actions_.add(Group::Help, QStringLiteral("help"), tr("&Help on what the pointer is on"), {QKeySequence::HelpContents},
               [this] { helpHere(); });
  actions_.add(Group::Help, QStringLiteral("keys"), tr("&Keys"), {Qt::Key_Question}, [this] { KeyMapDialog(actions_, this).exec(); });
  actions_.add(Group::Help, QStringLiteral("commands"), tr("&What to do …"), {Qt::CTRL | Qt::SHIFT | Qt::Key_P, Qt::Key_Slash},
               [this] { CommandPalette(actions_, this).exec(); });
  actions_.add(Group::Help, QStringLiteral("about"), tr("&About Overcommit"), {}, [this] {
    QMessageBox::about(
        this, tr("About Overcommit"),
        tr("<b>Overcommit %1</b><p>A teaching hypervisor for memory reclamation.<p>This program is free software under the GNU General "
           "Public License, version 2 or later. It uses Qt %2 under the LGPL.")
            .arg(QStringLiteral(OVERCOMMIT_VERSION), QString::fromLatin1(qVersion())));
  });
}

// The picture that has the keyboard, else the panel it is in, else the machine room.
MainWindow::Shown MainWindow::shownHere() const {
  for (QWidget* widget = QApplication::focusWidget(); widget != nullptr; widget = widget->parentWidget()) {
    if (auto* panel = qobject_cast<Panel*>(widget); panel != nullptr && !panel->known()) break;
    if (auto* picture = qobject_cast<Picture*>(widget)) return {widget, &picture->table()};
    if (auto* panel = qobject_cast<Panel*>(widget); panel != nullptr && panel->table() != nullptr) return {widget, panel->table()};
  }
  return {room_, room_->table()};
}

void MainWindow::showTable() {
  if (!run_) return;
  const Shown shown = shownHere();
  (new TableDialog(shown.widget->accessibleName(), *shown.table, this))->show();
}

void MainWindow::askToSave() {
  if (!run_) return;
  const Shown shown = shownHere();
  const QString path = QFileDialog::getSaveFileName(this, tr("Save: %1").arg(shown.widget->accessibleName()), QStringLiteral("picture.svg"),
                                                    tr("Pictures and tables (*.svg *.png *.csv)"));
  if (path.isEmpty()) return;
  const auto saved = savePicture(*shown.widget, *shown.table, path);
  if (!saved) return trouble(qstring(saved.error().text));
  status_->say(tr("%1 is written.").arg(path));
}

void MainWindow::helpHere() {
  QString topic;
  for (QWidget* widget = QApplication::widgetAt(QCursor::pos()); widget != nullptr && topic.isEmpty(); widget = widget->parentWidget()) {
    if (qobject_cast<Panel*>(widget) != nullptr) topic = widget->accessibleName();
  }
  if (help_ == nullptr) help_ = new HelpWindow(theme_, this);
  help_->show();
  help_->showTopic(topic.isEmpty() ? room_->accessibleName() : topic);
  help_->raise();
}

void MainWindow::showEvents(const std::bitset<kEventKinds>& kinds, std::optional<VmId> vm) {
  showPanel(QStringLiteral("events"));
  if (auto* log = qobject_cast<EventLogPanel*>(panel(QStringLiteral("events")))) log->showKinds(kinds, vm);
}

void MainWindow::makeDocks() {
  connect(room_, &Panel::eventsWanted, this, [this](const std::bitset<kEventKinds>& kinds) { showEvents(kinds); });
  connect(room_, &Panel::vmEventsWanted, this, [this](const std::bitset<kEventKinds>& kinds, VmId vm) { showEvents(kinds, vm); });
  const PanelContext context{theme_, options_, *link_};
  actions_.add(Actions::Group::Window, QStringLiteral("panel.machineRoom"), room_->accessibleName(), {},
               [this] { showPanel(room_->objectName()); });
  QDockWidget* lastRight = nullptr;
  QDockWidget* lastTab = nullptr;
  QDockWidget* timeline = nullptr;
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
  // A dock that opens must not make the window grow out of a small screen while its tab is still being made.
  layout()->setSizeConstraint(QLayout::SetNoConstraint);
  for (PanelEntry& entry : panelTable()) {
    Panel* panel = entry.make(context);
    auto* dock = new QDockWidget(entry.title, this);
    dock->setObjectName(QStringLiteral("dock.%1").arg(entry.id));
    dock->setAccessibleName(entry.title);
    dock->setWidget(panel);
    switch (entry.place) {
      case PanelEntry::Place::Left: addDockWidget(Qt::LeftDockWidgetArea, dock); break;
      case PanelEntry::Place::RightTop: addDockWidget(Qt::RightDockWidgetArea, dock); break;
      case PanelEntry::Place::Right:
        addDockWidget(Qt::RightDockWidgetArea, dock);
        if (lastRight != nullptr) tabifyDockWidget(lastRight, dock);
        lastRight = dock;
        break;
      case PanelEntry::Place::Bottom:
        addDockWidget(Qt::BottomDockWidgetArea, dock);
        timeline = dock;
        break;
      case PanelEntry::Place::BottomTabs:
        addDockWidget(Qt::BottomDockWidgetArea, dock);
        if (lastTab != nullptr)
          tabifyDockWidget(lastTab, dock);
        else if (timeline != nullptr)
          splitDockWidget(timeline, dock, Qt::Vertical);
        lastTab = dock;
        break;
    }
    dock->setVisible(entry.shownAtFirst);
    connect(panel, &Panel::said, status_, &StatusLine::say);
    connect(panel, &Panel::eventsWanted, this, [this](const std::bitset<kEventKinds>& kinds) { showEvents(kinds); });
    connect(panel, &Panel::vmEventsWanted, this, [this](const std::bitset<kEventKinds>& kinds, VmId vm) { showEvents(kinds, vm); });
    if (auto* change = qobject_cast<ChangePanel*>(panel)) {
      connect(change, &ChangePanel::branchWanted, this, &MainWindow::goOnInAnotherWay);
      connect(change, &ChangePanel::saveWanted, this, &MainWindow::saveScenario);
    }
    if (auto* branches = qobject_cast<BranchesPanel*>(panel)) {
      connect(branches, &BranchesPanel::branchWanted, this, &MainWindow::goOnInAnotherWay);
      connect(branches, &BranchesPanel::traceWanted, this, &MainWindow::openOrSay);
    }
    if (auto* lab = qobject_cast<LabPanel*>(panel)) {
      lab->setWork(lab_.get());
      connect(lab, &LabPanel::beginWanted, this, &MainWindow::beginLab);
      connect(lab, &LabPanel::openWanted, this, &MainWindow::askForLabFolder);
      connect(lab, &LabPanel::scenarioWanted, this, [this](const QString& path) { beginScenario(path, QString()); });
    }
    const QString id = entry.id;
    actions_.add(Actions::Group::Window, QStringLiteral("panel.%1").arg(id), entry.title, {}, [this, id] { showPanel(id); });
    docks_.push_back({std::move(entry), panel, dock});
  }
}

void MainWindow::makeMenus() {
  for (const auto group : {Actions::Group::File, Actions::Group::Play, Actions::Group::Until, Actions::Group::Live, Actions::Group::View,
                           Actions::Group::Window, Actions::Group::Help}) {
    QMenu* menu = nullptr;
    for (const Actions::Entry& entry : actions_.all()) {
      if (entry.group != group) continue;
      if (menu == nullptr) menu = menuBar()->addMenu(Actions::nameOf(group));
      menu->addAction(entry.action);
    }
  }
}

void MainWindow::restyle() {
  QApplication::setPalette(theme_.widgetPalette());
  QApplication::setFont(theme_.font(FontRole::Body));
  setStyleSheet(theme_.styleSheet());
  // Each a font of its own: once large, Qt would leave them so.
  menuBar()->setFont(theme_.font(FontRole::Body));
  for (const Dock& dock : docks_) dock.widget->setFont(theme_.font(FontRole::Body));
  placeLegend();
  arrangeForRoom();
  banner_->setFont(theme_.font(FontRole::Body));
  banner_->setStyleSheet(QStringLiteral("background: %1; color: %2; padding: 8px 12px; border-left: 4px solid %3;")
                             .arg(theme_.colour(Hue::Panel).name(), theme_.colour(Hue::Text).name(), theme_.colour(Hue::Swapped).name()));
}

Result<void> MainWindow::openTrace(const std::filesystem::path& path) {
  auto run = Run::open(path);
  if (!run) return tl::unexpected(run.error());
  setRun(std::move(*run));
  setStarting(false);
  noteRecent(QString::fromStdString(path.string()));
  return {};
}

void MainWindow::setRun(std::unique_ptr<Run> run) {
  Run* const now = run.get();
  link_->show(now);
  lab_->setRun(now);
  room_->setRun(now);
  if (bar_ != nullptr) bar_->setRun(now);
  if (status_ != nullptr) status_->setRun(now);
  for (const Dock& dock : docks_) dock.panel->setRun(now);
  run_ = std::move(run);
  banner_->hide();
  QStringList names;
  if (now != nullptr) {
    for (const TraceVm& vm : now->header().vms) names << qstring(vm.name);
  }
  legend_->setVms(names);
  legendBelow_->setVms(names);
  placeLegend();
  if (now == nullptr) return;
  now->playback().setSpeed(speed_);
  connect(&now->playback(), &Playback::speedChanged, this, [this] { speed_ = run_->playback().speed(); });
  connect(&now->playback(), &Playback::troubled, this, &MainWindow::trouble);
  connect(&now->playback(), &Playback::noted, status_, &StatusLine::say);
  const TraceHeader& header = now->header();
  const QString title = qstring(header.title);
  const QString origin = link_->originOf(QString::fromStdString(now->playback().path().string()));
  const QString whole = origin.isEmpty() ? title : tr("%1, %2").arg(title, origin);
  setWindowTitle(whole.isEmpty() ? tr("Overcommit") : tr("%1 · Overcommit").arg(whole));
  if (now->playback().reader().end() != TraceEnd::Complete && link_->live() == nullptr)
    trouble(qstring(now->playback().reader().endText()));
}

void MainWindow::trouble(const QString& text) {
  banner_->setText(text);
  banner_->show();
}

void MainWindow::askForFile() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Open a trace or a scenario"), QString(),
                                                    tr("Traces and scenarios (*.octrace *.toml);;All files (*)"));
  if (!file.isEmpty()) openOrSay(file);
}

Panel* MainWindow::panel(const QString& id) const {
  const auto found = std::ranges::find_if(docks_, [&](const Dock& dock) { return dock.entry.id == id; });
  return found == docks_.end() ? nullptr : found->panel;
}

bool MainWindow::showPanel(const QString& id) {
  lab_->recorder().notePanel(id);
  const auto found = std::ranges::find_if(docks_, [&](const Dock& dock) { return dock.entry.id == id; });
  if (found == docks_.end()) {
    if (id != room_->objectName()) return false;
    room_->setFocus();
    return true;
  }
  const bool firstTab = found->entry.place == PanelEntry::Place::BottomTabs && std::ranges::all_of(docks_, [](const Dock& dock) {
                          return dock.entry.place != PanelEntry::Place::BottomTabs || dock.widget->isHidden();
                        });
  found->widget->show();
  // Qt does not raise what is on top already, though its tab may lie behind: raised before the window was shown.
  found->widget->lower();
  found->widget->raise();
  if (firstTab) giveBottomItsHeight();
  found->panel->setFocus();
  return true;
}

void MainWindow::wheelEvent(QWheelEvent* event) {
  if (!(event->modifiers() & Qt::ControlModifier)) return QMainWindow::wheelEvent(event);
  theme_.setZoom(theme_.zoom() + (event->angleDelta().y() > 0 ? 10 : -10));
  event->accept();
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/main_window.h"

#include <QApplication>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QMenuBar>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <algorithm>

#include "gui/app/status_line.h"
#include "gui/app/transport_bar.h"
#include "gui/session/text.h"
#include "gui/theme/icons.h"
#include "gui/views/legend.h"

namespace overcommit::gui {

MainWindow::MainWindow(Theme& theme, ViewOptions& options)
    : theme_(theme), options_(options), actions_(this), room_(new MachineRoom({theme, options})), banner_(new QLabel) {
  setObjectName(QStringLiteral("mainWindow"));
  setWindowTitle(tr("Overcommit"));
  setWindowIcon(programIcon());
  setDockNestingEnabled(true);
  resize(1600, 900);

  auto* centre = new QWidget;
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  banner_->setObjectName(QStringLiteral("banner"));
  banner_->setAccessibleName(tr("What is wrong"));
  banner_->setWordWrap(true);
  banner_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  banner_->hide();
  column->addWidget(banner_);
  column->addWidget(room_, 1);
  setCentralWidget(centre);

  makeActions();
  bar_ = new TransportBar(theme_, options_, actions_);
  addToolBar(bar_);
  status_ = new StatusLine(theme_);
  setStatusBar(status_);
  makeDocks();
  makeMenus();
  menuBar()->setCornerWidget(new Legend(theme_, options_, menuBar()));
  connect(&theme_, &Theme::changed, this, &MainWindow::restyle);
  restyle();
}

// Panels let go of the run before it goes.
MainWindow::~MainWindow() { setRun(nullptr); }

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

void MainWindow::makeActions() {
  using Group = Actions::Group;
  actions_.add(Group::File, QStringLiteral("open"), tr("&Open a trace …"), {QKeySequence::Open}, [this] { askForTrace(); });
  actions_.add(Group::File, QStringLiteral("quit"), tr("&Quit"), {QKeySequence::Quit}, [this] { close(); });
  makePlayActions();
  for (std::size_t i = 0; i < kSeats.size(); ++i) {
    const Seat seat = kSeats[i];
    actions_.add(Group::View, QStringLiteral("seat%1").arg(i), tr("Seat: %1").arg(gui::nameOf(seat)),
                 {QKeySequence(static_cast<int>(Qt::Key_1) + static_cast<int>(i))}, [this, seat] { options_.setSeat(seat); });
  }
  actions_.add(Group::View, QStringLiteral("nextOrder"), tr("Order of maps: by size, by address, sorted"), {Qt::Key_O},
               [this] { options_.setOrder(static_cast<MapOrder>((static_cast<int>(options_.order()) + 1) % 3)); });
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
  actions_.add(Group::View, QStringLiteral("fullScreen"), tr("Full screen"), {Qt::Key_F11},
               [this] { isFullScreen() ? showNormal() : showFullScreen(); });
}

void MainWindow::makeDocks() {
  const PanelContext context{theme_, options_};
  QDockWidget* lastRight = nullptr;
  QDockWidget* lastTab = nullptr;
  QDockWidget* timeline = nullptr;
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
  for (PanelEntry& entry : panelTable()) {
    Panel* panel = entry.make(context);
    auto* dock = new QDockWidget(entry.title, this);
    dock->setObjectName(QStringLiteral("dock.%1").arg(entry.id));
    dock->setAccessibleName(entry.title);
    dock->setWidget(panel);
    switch (entry.place) {
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
    const QString id = entry.id;
    actions_.add(Actions::Group::Window, QStringLiteral("panel.%1").arg(id), entry.title, {}, [this, id] { showPanel(id); });
    docks_.push_back({std::move(entry), panel, dock});
  }
}

void MainWindow::makeMenus() {
  for (const auto group :
       {Actions::Group::File, Actions::Group::Play, Actions::Group::View, Actions::Group::Window, Actions::Group::Help}) {
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
  banner_->setFont(theme_.font(FontRole::Body));
  banner_->setStyleSheet(QStringLiteral("background: %1; color: %2; padding: 8px 12px; border-left: 4px solid %3;")
                             .arg(theme_.colour(Hue::Panel).name(), theme_.colour(Hue::Text).name(), theme_.colour(Hue::Swapped).name()));
}

Result<void> MainWindow::openTrace(const std::filesystem::path& path) {
  auto run = Run::open(path);
  if (!run) return tl::unexpected(run.error());
  setRun(std::move(*run));
  return {};
}

void MainWindow::setRun(std::unique_ptr<Run> run) {
  Run* const now = run.get();
  room_->setRun(now);
  if (bar_ != nullptr) bar_->setRun(now);
  if (status_ != nullptr) status_->setRun(now);
  for (const Dock& dock : docks_) dock.panel->setRun(now);
  run_ = std::move(run);
  banner_->hide();
  if (now == nullptr) return;
  connect(&now->playback(), &Playback::troubled, this, &MainWindow::trouble);
  connect(&now->playback(), &Playback::noted, status_, &StatusLine::say);
  const TraceHeader& header = now->header();
  const QString title = qstring(header.title);
  setWindowTitle(title.isEmpty() ? tr("Overcommit") : tr("%1 · Overcommit").arg(title));
  if (now->playback().reader().end() != TraceEnd::Complete) trouble(qstring(now->playback().reader().endText()));
}

void MainWindow::trouble(const QString& text) {
  banner_->setText(text);
  banner_->show();
}

void MainWindow::askForTrace() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Open a trace"), QString(), tr("Traces (*.octrace);;All files (*)"));
  if (file.isEmpty()) return;
  if (auto opened = openTrace(std::filesystem::path(file.toStdString())); !opened) trouble(qstring(opened.error().text));
}

Panel* MainWindow::panel(const QString& id) const {
  const auto found = std::ranges::find_if(docks_, [&](const Dock& dock) { return dock.entry.id == id; });
  return found == docks_.end() ? nullptr : found->panel;
}

bool MainWindow::showPanel(const QString& id) {
  const auto found = std::ranges::find_if(docks_, [&](const Dock& dock) { return dock.entry.id == id; });
  if (found == docks_.end()) return id == room_->objectName();
  found->widget->show();
  found->widget->raise();
  found->panel->setFocus();
  return true;
}

void MainWindow::wheelEvent(QWheelEvent* event) {
  if (!(event->modifiers() & Qt::ControlModifier)) return QMainWindow::wheelEvent(event);
  theme_.setZoom(theme_.zoom() + (event->angleDelta().y() > 0 ? 10 : -10));
  event->accept();
}

}  // namespace overcommit::gui

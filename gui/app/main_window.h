// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QMainWindow>
#include <QToolBar>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "gui/app/actions.h"
#include "gui/app/panel_table.h"
#include "gui/app/session_store.h"
#include "gui/app/workspace.h"
#include "gui/panels/machine_room.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"

class QDockWidget;
class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace overcommit::gui {

class HelpWindow;
class LabWork;
class BeginStrip;
class Legend;
class StartPage;
class StatusLine;
class TransportBar;

// The window: the machine room in the centre, panels around it, and the run that all of them show.
class MainWindow final : public QMainWindow {
  Q_OBJECT
 public:
  MainWindow(Theme& theme, ViewOptions& options);
  ~MainWindow() override;

  // Opens a trace instead of what is open; on failure what is open stays, and the reason is the answer.
  Result<void> openTrace(const std::filesystem::path& path);
  [[nodiscard]] Run* run() { return run_.get(); }
  [[nodiscard]] const Actions& actions() const { return actions_; }
  [[nodiscard]] MachineRoom& machineRoom() { return *room_; }
  // The start page, and whatever was open is closed.
  void showStart();
  // Has the engine run a scenario, of another vintage unless `profile` is empty, and shows the run live.
  void beginScenario(const QString& path, const QString& profile);
  // A scenario begins live, anything else is opened as a trace. What fails is said in the window.
  void openOrSay(const QString& file);
  [[nodiscard]] EngineLink& link() { return *link_; }
  [[nodiscard]] LabWork& labWork() { return *lab_; }
  // Work on a lab that was begun before, or on one that begins now: `lab` is its name, empty: it is asked for.
  Result<void> openLab(const QString& folder);
  void beginLab(const QString& lab);
  // What was arranged the last time, and what is arranged now.
  void restore(const StoredSession& session);
  [[nodiscard]] StoredSession session() const;
  // Shows the docks of a workspace and no others.
  void setWorkspace(Workspace workspace);
  [[nodiscard]] Workspace workspace() const { return workspace_; }
  // Brings a panel to the front; false if there is none of this name.
  bool showPanel(const QString& id);
  [[nodiscard]] Panel* panel(const QString& id) const;

 Q_SIGNALS:
  // The window goes: what it was like can still be asked.
  void closing();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Dock {
    PanelEntry entry;
    Panel* panel;
    QDockWidget* widget;
  };
  void makeActions();
  void makePlayActions();
  void makeUntilActions();
  void makeHelpActions();
  void makeMenus();
  void makeDocks();
  void restyle();
  void setRun(std::unique_ptr<Run> run);
  void setStarting(bool starting);
  void giveDocksTheirSizes();
  int giveBottomItsHeight();
  void arrangeForRoom();
  bool restoreDocks();
  [[nodiscard]] QDockWidget* firstDockOf(PanelEntry::Place place) const;
  void makeCentre();
  void makeLegend();
  void placeLegend();
  void noteRecent(const QString& trace);
  void showEvents(const std::bitset<kEventKinds>& kinds, std::optional<VmId> vm = {});
  struct Shown {
    QWidget* widget;
    QAbstractItemModel* table;
  };
  [[nodiscard]] Shown shownHere() const;
  void askForFile();
  void makeLab();
  void askForLabFolder();
  void chooseLab(const QString& lab);
  void showLab();
  void showView(const StoredView& view);
  [[nodiscard]] StoredView view() const;
  void notePanelOf(const QWidget* widget);
  void makeLiveActions();
  void makeLink();
  void showBegun(const QString& trace);
  void goOnInAnotherWay();
  void saveScenario();
  void showTable();
  void askToSave();
  void helpHere();
  void trouble(const QString& text);
  // What a key of playback does, if a run is open.
  void withPlayback(const std::function<void(Playback&)>& act);

  Theme& theme_;
  ViewOptions& options_;
  Actions actions_;
  std::unique_ptr<EngineLink> link_;
  std::unique_ptr<LabWork> lab_;
  std::unique_ptr<Run> run_;
  MachineRoom* room_;
  TransportBar* bar_ = nullptr;
  StatusLine* status_ = nullptr;
  QLabel* banner_;
  QStackedWidget* centre_ = nullptr;
  StartPage* start_ = nullptr;
  Legend* legend_ = nullptr;
  Legend* legendBelow_ = nullptr;
  QToolBar* legendBar_ = nullptr;
  HelpWindow* help_ = nullptr;
  BeginStrip* begin_ = nullptr;
  bool cramped_ = false;                          // docks that stand above one another are tabs
  bool starting_ = false;                         // the start page is shown, and docks are hidden
  QByteArray dockState_;                          // how they are arranged when a run is shown; empty: as at first
  Workspace workspace_ = Workspace::Investigate;  // that was chosen last
  QStringList recent_;
  std::uint64_t speed_;  // of the next run
  QMap<QString, StoredView> labViews_;
  QString shownLab_;  // the lab whose view this is; empty: none
  std::vector<Dock> docks_;
};

}  // namespace overcommit::gui

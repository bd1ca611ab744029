// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QMainWindow>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "gui/app/actions.h"
#include "gui/app/panel_table.h"
#include "gui/panels/machine_room.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"

class QDockWidget;
class QLabel;
class QStackedWidget;

namespace overcommit::gui {

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
  // Brings a panel to the front; false if there is none of this name.
  bool showPanel(const QString& id);
  [[nodiscard]] Panel* panel(const QString& id) const;

 protected:
  void wheelEvent(QWheelEvent* event) override;

 private:
  struct Dock {
    PanelEntry entry;
    Panel* panel;
    QDockWidget* widget;
  };
  void makeActions();
  void makePlayActions();
  void makeMenus();
  void makeDocks();
  void restyle();
  void setRun(std::unique_ptr<Run> run);
  void askForTrace();
  void trouble(const QString& text);
  // What a key of playback does, if a run is open.
  void withPlayback(const std::function<void(Playback&)>& act);

  Theme& theme_;
  ViewOptions& options_;
  Actions actions_;
  std::unique_ptr<Run> run_;
  MachineRoom* room_;
  TransportBar* bar_ = nullptr;
  StatusLine* status_ = nullptr;
  QLabel* banner_;
  std::vector<Dock> docks_;
};

}  // namespace overcommit::gui

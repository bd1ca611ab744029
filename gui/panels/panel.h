// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <bitset>

#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"

class QAbstractItemModel;

namespace overcommit::gui {

// What every panel is given.
struct PanelContext {
  Theme& theme;
  ViewOptions& options;
};

// A part of the window that shows something of the open run. It is told when the instant on the screen is another one, at the pace it
// asked for, and only while it can be seen: hidden panels cost nothing.
class Panel : public QWidget {
  Q_OBJECT
 public:
  enum class Pace : std::uint8_t {
    Frame,    // each frame: pictures
    Quarter,  // four times a second while playing, at once otherwise: tables and texts
  };
  Panel(const PanelContext& context, const QString& objectName, const QString& accessibleName, Pace pace);

  // Another run, or none.
  void setRun(Run* run);
  [[nodiscard]] Run* run() const { return run_; }
  [[nodiscard]] Theme& theme() const { return context_.theme; }
  [[nodiscard]] ViewOptions& options() const { return context_.options; }
  // What it shows as a table; nullptr if it is one.
  [[nodiscard]] virtual QAbstractItemModel* table() { return nullptr; }

 Q_SIGNALS:
  // Something for the person to read in the status bar.
  void said(const QString& text);
  // A figure was asked what made it: show these events.
  void eventsWanted(const std::bitset<overcommit::kEventKinds>& kinds);

 protected:
  // Everything may be different: the run, the theme, the options.
  virtual void rebuild() = 0;
  // The instant is another one.
  virtual void refresh(Motion motion) = 0;
  // Playing has ended: what was left for later is due.
  virtual void settled() {}
  // The history has grown.
  virtual void historyGrew() {}
  // The selection is another one.
  virtual void selectionChanged() {}

  void showEvent(QShowEvent* event) override;

 private:
  void onMoved(Motion motion);

  PanelContext context_;
  Pace pace_;
  Run* run_ = nullptr;
  QTimer later_;
  QElapsedTimer last_;
  bool stale_ = true;
};

}  // namespace overcommit::gui

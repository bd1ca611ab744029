// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <bitset>

#include "gui/link/engine_link.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"
#include "gui/views/picture.h"

class QAbstractItemModel;
class QLabel;

namespace overcommit::gui {

// What every panel is given.
struct PanelContext {
  Theme& theme;
  ViewOptions& options;
  EngineLink& link;
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
  // Guests know nothing of the host: whoever sits there sees a word about that instead of such a panel.
  enum class Knowledge : std::uint8_t { Everybody, HostOnly };
  Panel(const PanelContext& context, const QString& objectName, const QString& accessibleName, Pace pace,
        Knowledge knowledge = Knowledge::Everybody);

  // Whether it may be seen from the seat that is taken.
  [[nodiscard]] bool known() const { return knowledge_ == Knowledge::Everybody || seesMachine(context_.options.seat()); }

  // Another run, or none.
  void setRun(Run* run);
  [[nodiscard]] Run* run() const { return run_; }
  [[nodiscard]] Theme& theme() const { return context_.theme; }
  [[nodiscard]] ViewOptions& options() const { return context_.options; }
  [[nodiscard]] EngineLink& link() const { return context_.link; }
  // What it shows as a table; nullptr if it is one.
  [[nodiscard]] virtual QAbstractItemModel* table() { return nullptr; }

 Q_SIGNALS:
  // Something for the person to read in the status bar.
  void said(const QString& text);
  // A figure was asked what made it: show these events.
  void eventsWanted(const std::bitset<overcommit::kEventKinds>& kinds);
  // The same of one VM.
  void vmEventsWanted(const std::bitset<overcommit::kEventKinds>& kinds, overcommit::VmId vm);

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

  // A frame in which a picture scrolls that is higher than its place, of at least so many pixels.
  QWidget* scrolling(QWidget* picture, const QString& objectName, const QString& accessibleName, int minimumHeight);
  // A click on a figure of the picture shows the events that made it.
  void showsWhatMade(const Picture& picture);

  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void cover();
  void onMoved(Motion motion);

  PanelContext context_;
  Pace pace_;
  Run* run_ = nullptr;
  QTimer later_;
  QElapsedTimer last_;
  bool stale_ = true;
  Knowledge knowledge_;
  QLabel* cover_ = nullptr;  // over all of it while it may not be seen
};

}  // namespace overcommit::gui

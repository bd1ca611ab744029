// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QStatusBar>
#include <QToolButton>

#include "gui/link/engine_link.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// The two laws as a live sum, as far as the seat can know it, what the engine does, and what the trace is.
class StatusLine final : public QStatusBar {
  Q_OBJECT
 public:
  StatusLine(Theme& theme, const ViewOptions& options, EngineLink& link);
  void setRun(Run* run);
  // A word to the person, for some seconds.
  void say(const QString& text);

 private:
  void resizeEvent(QResizeEvent* event) override;
  void showLaws();
  void showTrace();
  void showEngine();
  void restyle();

  Theme& theme_;
  const ViewOptions& options_;
  EngineLink& link_;
  Run* run_ = nullptr;
  QLabel* laws_;
  QLabel* engine_;
  QLabel* trace_;
  QToolButton* digest_;  // a click copies it
  QString wholeDigest_;
  QTimer later_;
};

}  // namespace overcommit::gui

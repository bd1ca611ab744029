// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QToolBar>
#include <QToolButton>

#include "gui/app/actions.h"
#include "gui/session/run.h"
#include "gui/session/view_options.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// The tool bar: where one is in the run and how one goes on, and from which seat one looks.
class TransportBar final : public QToolBar {
  Q_OBJECT
 public:
  TransportBar(Theme& theme, ViewOptions& options, const Actions& actions);
  void setRun(Run* run);

 private:
  void fixSizes();
  void restyle();
  void showTime();
  void showState();

  Theme& theme_;
  ViewOptions& options_;
  const Actions& actions_;
  Run* run_ = nullptr;
  QLabel* clock_;
  QLabel* event_;
  QToolButton* step_;
  QComboBox* speed_;
  QComboBox* seat_;
  QComboBox* order_;
  QComboBox* layer_;
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTimer>

#include "gui/link/engine_link.h"
#include "gui/session/run.h"
#include "gui/theme/theme.h"
#include "gui/views/walk_view.h"

namespace overcommit::gui {

// The two-dimensional walk of an address over the real tables, at the instant on the screen: as a grid whose references light up one by
// one, and in the words of `overcommit walk`.
class WalkPage final : public QWidget {
  Q_OBJECT
 public:
  WalkPage(Theme& theme, EngineLink& link);
  void setRun(Run* run);
  // Another instant or subject.
  void renew();
  void restyle();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void propose();
  void ask();
  void show(const EngineAnswer& answer);
  void showStep();
  void togglePlay();
  [[nodiscard]] std::optional<VmId> vm() const;

  Theme& theme_;
  EngineLink& link_;
  Run* run_ = nullptr;
  QLineEdit* address_;
  QPushButton* walk_;
  WalkView* view_;
  QPushButton *first_, *previous_, *next_, *play_;
  QLabel* words_;
  QPlainTextEdit* text_;
  QTimer playing_;
  Subject proposedFor_;
};

}  // namespace overcommit::gui

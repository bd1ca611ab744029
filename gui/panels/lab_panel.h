// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>
#include <QTextBrowser>

#include "gui/panels/panel.h"

namespace overcommit::gui {

class LabWork;
class LabResultPage;
class LabTasksPage;

// Coursework beside the run that it is about: the handout, what is to be done, and what the grader says.
class LabPanel final : public Panel {
  Q_OBJECT
 public:
  explicit LabPanel(const PanelContext& context);
  // Called once; it outlives the panel.
  void setWork(LabWork* work);

 Q_SIGNALS:
  // A lab is to be begun, or work on one to be opened.
  void beginWanted(const QString& lab);
  void openWanted();
  // A scenario in the folder of the work is to be run.
  void scenarioWanted(const QString& path);

 protected:
  void rebuild() override;
  void refresh(Motion) override {}

 private:
  void fillLabs();
  void chooseLab();
  void showHandout();
  void showWork();
  void showChecking();
  [[nodiscard]] bool showsWork() const;
  void pressCheck();

  LabWork* work_ = nullptr;
  QComboBox* lab_;
  QPushButton *begin_, *open_, *check_;
  QLabel* where_;
  QTabWidget* tabs_;
  QTextBrowser* handout_;
  LabTasksPage* tasks_;
  LabResultPage* result_;
  QProgressBar* progress_;
  QLabel* points_;
};

}  // namespace overcommit::gui

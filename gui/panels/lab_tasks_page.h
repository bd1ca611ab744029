// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "gui/lab/lab_work.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What is to be done in a lab: its steps, its scenarios to run, questions to answer, settings to choose, policies to write. Answers are
// written to the files that are handed in as soon as they are given.
class LabTasksPage final : public QScrollArea {
  Q_OBJECT
 public:
  explicit LabTasksPage(const Theme& theme);
  void setWork(LabWork* work);
  // Whether the work that is open belongs to the lab that is chosen.
  void showWork(bool isOpen);
  void restyle();
  // An answer is written when its field is left: before another one is graded, the last is.
  void keepWhatIsTyped();

 Q_SIGNALS:
  void scenarioWanted(const QString& path);
  void said(const QString& text);

 protected:
  bool event(QEvent* event) override;

 private:
  void build();
  void renewSteps();
  QLabel* addText(const QString& text, FontRole role, Hue hue);
  QPushButton* addButton(const QString& text, const QString& objectName, const QString& accessibleName);
  void addSteps(const LabEntry& lab);
  void addScenarios(const LabEntry& lab);
  void addFields(const QString& heading, AnswerFile& file);
  void addField(AnswerFile& file, const AnswerFile::Field& field);
  void addPolicies(const LabEntry& lab);
  void write(AnswerFile& file, const QString& name, const QString& answer);

  const Theme& theme_;
  LabWork* work_ = nullptr;
  bool isOpen_ = false;
  QString style_;  // that it is built in
  QVBoxLayout* column_ = nullptr;
  std::vector<QLabel*> steps_;
};

}  // namespace overcommit::gui

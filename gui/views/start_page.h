// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QTreeWidget>
#include <vector>

#include "gui/lab/lab_entry.h"
#include "gui/session/scenario_list.h"
#include "gui/theme/theme.h"
#include "gui/views/preset_button.h"

namespace overcommit::gui {

// What one sees first: runs that begin with one click, every shipped scenario by topic, and the traces that were open lately.
class StartPage final : public QScrollArea {
  Q_OBJECT
 public:
  explicit StartPage(Theme& theme);
  void setScenarios(const std::vector<ScenarioEntry>& scenarios);
  void setLabs(const std::vector<LabEntry>& labs);
  void setRecent(const QStringList& traces);

 Q_SIGNALS:
  // `profile`: of another vintage, or empty.
  void scenarioChosen(const QString& path, const QString& profile);
  void traceChosen(const QString& path);
  void labChosen(const QString& name);
  void openWanted();

 private:
  void restyle();
  void choose(const ScenarioEntry* entry, const QString& profile);
  [[nodiscard]] const ScenarioEntry* named(const QString& file) const;
  void showAbout(const QTreeWidgetItem* item);
  void runItem(const QTreeWidgetItem* item);

  Theme& theme_;
  QWidget* page_ = nullptr;
  std::vector<ScenarioEntry> scenarios_;
  std::vector<LabEntry> labs_;
  QTreeWidgetItem* labTopic_ = nullptr;
  QLabel *title_, *lead_, *beginHead_, *vintageHead_, *vintageLead_, *listHead_, *recentHead_, *about_;
  std::vector<PresetButton*> presets_;
  std::vector<QPushButton*> vintages_;
  QTreeWidget* list_;
  QPushButton* run_;
  QListWidget* recent_;
  QPushButton* open_;
};

}  // namespace overcommit::gui

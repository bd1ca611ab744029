// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// Changes the world of a run that goes on: what VMs are promised, whether they are on, what their disks do, the host's options. Each change
// is one of the run, listed below, and can be taken back by another one. What the engine refuses is said where it was asked for.
class ChangePanel final : public Panel {
  Q_OBJECT
 public:
  explicit ChangePanel(const PanelContext& context);

 Q_SIGNALS:
  void branchWanted();
  void saveWanted();

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override;
  void selectionChanged() override;

 private:
  QWidget* makeVm();
  QWidget* makeHost();
  QWidget* makeLog();
  QLabel* heading(const QString& text);
  void restyle();
  void showPlace();
  void askSettings();
  void showVm();
  void showOption();
  void showLog();
  void applyVm();
  void act(const char* action);
  void fail();
  void applyOption();
  void changed(const QString& trouble);
  void change(const QJsonObject& params, const QString& before, const QJsonObject& undo);
  [[nodiscard]] QJsonObject settingsOf(const QString& vm) const;
  [[nodiscard]] QJsonObject vmAsked() const;

  QScrollArea* scroll_ = nullptr;
  QLabel* place_;
  QPushButton* branch_;
  QWidget* forms_;
  QComboBox* vm_;
  QLineEdit *limit_, *reservation_, *balloonMax_;
  QComboBox* shares_;
  QCheckBox *sharing_, *balloon_;
  QPushButton *applyVm_, *powerOn_, *powerOff_, *signal_;
  QComboBox* fault_;
  QSpinBox* faultCount_;
  QPushButton* fail_;
  QComboBox* option_;
  QLineEdit* value_;
  QLabel* meaning_;
  QPushButton* applyHost_;
  QLabel* trouble_;
  QListWidget* log_;
  QPushButton *undo_, *save_;
  std::vector<QLabel*> headings_;
  QJsonObject settings_;  // as `vms` answered
  QJsonArray options_;    // as `initialize` answered
  const LiveRun* asked_ = nullptr;
};

}  // namespace overcommit::gui

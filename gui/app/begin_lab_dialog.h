// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "gui/lab/lab_work.h"

namespace overcommit::gui {

// Which lab is begun, where the work on it is to lie, and who does it.
class BeginLabDialog final : public QDialog {
  Q_OBJECT
 public:
  BeginLabDialog(const LabWork& work, const QString& lab, QWidget* parent);
  [[nodiscard]] const LabEntry& lab() const { return labs_[static_cast<std::size_t>(std::max(lab_->currentIndex(), 0))]; }
  [[nodiscard]] QString folder() const { return folder_->text().trimmed(); }
  [[nodiscard]] QString student() const { return student_->text().trimmed(); }

 private:
  void suggestFolder();
  void look();

  std::vector<LabEntry> labs_;
  QComboBox* lab_;
  QLineEdit *folder_, *student_;
  QLabel* trouble_;
  QPushButton* begin_;
};

}  // namespace overcommit::gui

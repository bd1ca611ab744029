// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QPushButton>
#include <QSplitter>
#include <QTextBrowser>
#include <QTreeWidget>

#include "gui/lab/lab_work.h"
#include "gui/theme/theme.h"

namespace overcommit::gui {

// What the grader says of the work, check by check, and the way to the moment that a check looked at.
class LabResultPage final : public QWidget {
  Q_OBJECT
 public:
  explicit LabResultPage(const Theme& theme);
  void setWork(LabWork* work);
  void showWork(bool isOpen);
  void restyle();

 private:
  void show();
  void showCheck();
  [[nodiscard]] const LabReport::Check* current() const;

  const Theme& theme_;
  LabWork* work_ = nullptr;
  bool isOpen_ = false;
  QSplitter* parts_;
  QTreeWidget* list_;
  QTextBrowser* text_;
  QPushButton* moment_;
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>
#include <QLineEdit>
#include <QListWidget>

#include "gui/app/actions.h"

namespace overcommit::gui {

// Every action by its name: type some letters of it, Enter does it.
class CommandPalette final : public QDialog {
  Q_OBJECT
 public:
  CommandPalette(const Actions& actions, QWidget* parent);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill(const QString& letters);
  void act();

  const Actions& actions_;
  QLineEdit* letters_;
  QListWidget* list_;
};

// Whether the letters stand in the text in this order, capitals aside.
bool containsLetters(const QString& text, const QString& letters);

}  // namespace overcommit::gui

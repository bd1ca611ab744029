// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>

#include "gui/app/actions.h"
#include "gui/models/figure_table.h"

namespace overcommit::gui {

// Every action with its keys, and the keys of pictures.
class KeyMapDialog final : public QDialog {
  Q_OBJECT
 public:
  KeyMapDialog(const Actions& actions, QWidget* parent);

 private:
  FigureTable table_;
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>

class QAbstractItemModel;

namespace overcommit::gui {

// The twin of a picture: the same as a table that follows it, to be read, copied or saved.
class TableDialog final : public QDialog {
  Q_OBJECT
 public:
  // The model outlives the dialog or takes it along.
  TableDialog(const QString& title, QAbstractItemModel& model, QWidget* parent);

 private:
  void copy();
  void save();
  QAbstractItemModel& model_;
};

}  // namespace overcommit::gui

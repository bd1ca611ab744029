// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>

#include "gui/panels/panel.h"

namespace overcommit::gui {

// The runs that were made live, as the tree that they are: each under the one that it branched off, with the instant and what was changed.
class BranchesPanel final : public Panel {
  Q_OBJECT
 public:
  explicit BranchesPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return tree_->model(); }

 Q_SIGNALS:
  void branchWanted();
  void traceWanted(const QString& trace);

 protected:
  void rebuild() override;
  void refresh(Motion) override {}

 private:
  void open();

  QTreeWidget* tree_;
  QLabel* changes_;
  QPushButton *branch_, *open_;
};

}  // namespace overcommit::gui

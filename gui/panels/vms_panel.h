// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTableView>

#include "gui/models/figure_table.h"
#include "gui/panels/panel.h"

namespace overcommit::gui {

// All VMs in a table: where their memory is, what they were promised, what they get done.
class VmsPanel final : public Panel {
  Q_OBJECT
 public:
  explicit VmsPanel(const PanelContext& context);

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override { refresh(Motion::Jumped); }

 private:
  FigureTable model_;
  QTableView* view_;
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QCheckBox>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>

#include "gui/models/counter_table.h"
#include "gui/panels/panel.h"

namespace overcommit::gui {

// The memory screen of esxtop, at the instant on the screen; rates are over the virtual second before it.
class EsxtopPanel final : public Panel {
  Q_OBJECT
 public:
  explicit EsxtopPanel(const PanelContext& context);
  [[nodiscard]] CounterTable& model() { return model_; }

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override { refresh(Motion::Jumped); }

 private:
  CounterTable model_;
  QSortFilterProxyModel sorted_;
  QLabel* lines_;
  QLabel* moreLines_;
  QCheckBox* all_;
  QTableView* view_;
  Run* asked_ = nullptr;
};

}  // namespace overcommit::gui

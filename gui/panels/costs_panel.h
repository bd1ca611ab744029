// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTableView>

#include "gui/panels/panel.h"
#include "gui/views/time_account_view.h"

namespace overcommit::gui {

// What things cost in this run, and what every VM's time went into.
class CostsPanel final : public Panel {
  Q_OBJECT
 public:
  explicit CostsPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &costs_; }

 protected:
  void rebuild() override;
  void refresh(Motion) override { times_->refresh(); }
  void settled() override { times_->refresh(); }
  void historyGrew() override { times_->refresh(); }
  void selectionChanged() override { times_->update(); }

 private:
  FigureTable costs_;
  QTableView* list_;
  TimeAccountView* times_;
};

}  // namespace overcommit::gui

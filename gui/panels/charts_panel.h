// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QComboBox>
#include <QListWidget>
#include <QPushButton>

#include "gui/panels/panel.h"
#include "gui/views/chart_view.h"

namespace overcommit::gui {

// Figures of the host or of a VM over the whole run, as one chooses them, smoothed if wanted; to be saved as a picture or a table.
class ChartsPanel final : public Panel {
  Q_OBJECT
 public:
  explicit ChartsPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &view_->table(); }
  [[nodiscard]] ChartView& view() { return *view_; }

 protected:
  void rebuild() override;
  void refresh(Motion) override { view_->showNow(); }
  void historyGrew() override { draw(); }

 private:
  void fillSeries();
  void draw();
  void askWhere();

  QComboBox *of_, *average_;
  QListWidget* list_;
  QPushButton* save_;
  ChartView* view_;
  std::vector<ChartSeries> series_;
  QStringList chosen_;  // names that were ticked, also those of other VMs
  Run* shown_ = nullptr;
  Seat shownSeat_ = Seat::AllKnowing;
};

}  // namespace overcommit::gui

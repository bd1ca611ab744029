// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/panels/panel.h"
#include "gui/views/balloon_view.h"

namespace overcommit::gui {

// The dock of the balloons.
class BalloonPanel final : public Panel {
  Q_OBJECT
 public:
  explicit BalloonPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &view_->table(); }

 protected:
  void rebuild() override { view_->setRun(run()); }
  void refresh(Motion) override { view_->refresh(); }
  void settled() override { view_->refresh(); }
  void historyGrew() override { view_->refresh(); }
  void selectionChanged() override { view_->update(); }

 private:
  BalloonView* view_;
};

}  // namespace overcommit::gui

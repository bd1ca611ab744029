// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/panels/panel.h"
#include "gui/views/free_state_gauge.h"

namespace overcommit::gui {

// The dock of the free-state gauge.
class FreeStatePanel final : public Panel {
  Q_OBJECT
 public:
  explicit FreeStatePanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &gauge_->table(); }
  [[nodiscard]] FreeStateGauge& gauge() { return *gauge_; }

 protected:
  void rebuild() override { gauge_->setRun(run()); }
  void refresh(Motion) override { gauge_->refresh(); }

 private:
  FreeStateGauge* gauge_;
};

}  // namespace overcommit::gui

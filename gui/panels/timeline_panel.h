// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/panels/panel.h"
#include "gui/views/timeline_view.h"

namespace overcommit::gui {

// The dock of the timeline.
class TimelinePanel final : public Panel {
  Q_OBJECT
 public:
  explicit TimelinePanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &view_->table(); }
  [[nodiscard]] TimelineView& view() { return *view_; }

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void historyGrew() override { view_->rebuild(); }
  void selectionChanged() override {
    if (!seesMachine(options().seat())) view_->rebuild();
  }

 private:
  TimelineView* view_;
  const Run* shown_ = nullptr;
};

}  // namespace overcommit::gui

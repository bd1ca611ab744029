// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/panels/panel.h"
#include "gui/panels/vm_choice.h"
#include "gui/views/zip_view.h"

namespace overcommit::gui {

// The dock of the compression caches: of a VM, or of all.
class ZipPanel final : public Panel {
  Q_OBJECT
 public:
  explicit ZipPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &view_->table(); }

 protected:
  void rebuild() override;
  void refresh(Motion) override { view_->show(run(), vm_->vm()); }
  void settled() override { refresh(Motion::Jumped); }
  void historyGrew() override { refresh(Motion::Jumped); }
  void selectionChanged() override { view_->update(); }

 private:
  VmChoice* vm_;
  ZipView* view_;
  const Run* shown_ = nullptr;
};

}  // namespace overcommit::gui

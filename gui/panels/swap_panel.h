// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>
#include <QVBoxLayout>

#include "gui/panels/panel.h"
#include "gui/panels/vm_choice.h"
#include "gui/views/slot_view.h"

namespace overcommit::gui {

// The dock of the swap files: the slots of one, and what is in the slot that is chosen. A trace has no page contents; whoever can get
// them listens to slotChosen() and shows them in a widget given to setContentView().
class SwapPanel final : public Panel {
  Q_OBJECT
 public:
  explicit SwapPanel(const PanelContext& context);
  [[nodiscard]] QAbstractItemModel* table() override { return &view_->table(); }
  // Shown below the map; the panel owns it from now on.
  void setContentView(QWidget* view);

 Q_SIGNALS:
  // A slot was chosen, or what is in the chosen one changed; `gfn`: the page in it, if there is one.
  void slotChosen(overcommit::VmId vm, quint64 slot, std::optional<overcommit::Gfn> gfn);

 protected:
  void rebuild() override;
  void refresh(Motion motion) override;
  void settled() override { refresh(Motion::Jumped); }
  void selectionChanged() override;

 private:
  void tell();

  VmChoice* vm_;
  SlotView* view_;
  QLabel* told_;
  QVBoxLayout* column_;
  const Run* shown_ = nullptr;
  std::optional<Gfn> gfn_;  // in the chosen slot
};

}  // namespace overcommit::gui

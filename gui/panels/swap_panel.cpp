// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/swap_panel.h"

#include <QHBoxLayout>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {

SwapPanel::SwapPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("swapFile"), tr("Swap file"), Pace::Quarter, Knowledge::HostOnly),
      vm_(new VmChoice(QStringLiteral("swapVm"), tr("Whose swap file"), VmChoice::All::NotOffered, this)),
      view_(new SlotView(theme(), this)),
      told_(new QLabel(this)),
      column_(new QVBoxLayout(this)) {
  told_->setObjectName(QStringLiteral("slotText"));
  told_->setAccessibleName(tr("The chosen slot"));
  told_->setWordWrap(true);
  told_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  told_->setContentsMargins(4, 0, 8, 4);
  column_->setContentsMargins(8, 4, 0, 0);
  column_->setSpacing(2);
  auto* row = new QHBoxLayout;
  row->addWidget(vm_);
  row->addWidget(told_, 1);
  column_->addLayout(row);
  column_->addWidget(view_, 1);
  setFocusProxy(view_);
  connect(vm_, &QComboBox::activated, this, [this] { refresh(Motion::Jumped); });
  connect(view_, &SlotView::slotChosen, this, [this](VmId vm, quint64 slot) {
    gfn_ = run()->world().swapSlot(vm, slot);
    if (gfn_) run()->selection().selectPage(vm, *gfn_);
    tell();
    Q_EMIT slotChosen(vm, slot, gfn_);
  });
  showsWhatMade(*view_);
}

void SwapPanel::setContentView(QWidget* view) { column_->addWidget(view, 1); }

void SwapPanel::rebuild() {
  if (shown_ != run()) {
    shown_ = run();
    vm_->setRun(run());
    gfn_.reset();
    if (run() != nullptr && run()->selection().subject().vm) vm_->choose(*run()->selection().subject().vm);
  }
  vm_->setFont(theme().font(FontRole::Small));
  told_->setFont(theme().font(FontRole::Small));
  refresh(Motion::Jumped);
}

void SwapPanel::refresh(Motion) {
  view_->show(run(), vm_->vm());
  const auto slot = view_->chosen();
  if (run() != nullptr && vm_->vm() && slot) {
    const auto holder = run()->world().swapSlot(*vm_->vm(), *slot);
    if (holder != gfn_) {
      gfn_ = holder;
      Q_EMIT slotChosen(*vm_->vm(), *slot, gfn_);
    }
  }
  tell();
}

// A page that is selected anywhere, and lies in the swap file, is the slot that is chosen.
void SwapPanel::selectionChanged() {
  const Subject& subject = run()->selection().subject();
  if (subject.vm) vm_->choose(*subject.vm);
  view_->show(run(), vm_->vm());
  if (subject.vm && subject.gfn) {
    const WorldPage page = run()->world().page(*subject.vm, *subject.gfn);
    if (page.place == PagePlace::Swapped && view_->chosen() != page.slot) {
      view_->choose(page.slot);
      gfn_ = subject.gfn;
      Q_EMIT slotChosen(*subject.vm, page.slot, gfn_);
    }
  }
  tell();
}

void SwapPanel::tell() {
  const auto slot = view_->chosen();
  if (run() == nullptr || !vm_->vm() || !slot)
    told_->setText(run() == nullptr ? QString() : tr("Click a slot to see which page is in it; the inspector then tells why."));
  else if (gfn_)
    told_->setText(tr("Slot %1 holds page %2, which the guest uses as %3. The inspector tells how it came there.")
                       .arg(grouped(*slot), hexText(gfn_->value()), nameOfGuestUse(run()->world().page(*vm_->vm(), *gfn_).guestUse)));
  else
    told_->setText(tr("Slot %1 is empty.").arg(grouped(*slot)));
}

}  // namespace overcommit::gui

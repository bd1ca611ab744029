// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/zip_panel.h"

#include <QVBoxLayout>

namespace overcommit::gui {

ZipPanel::ZipPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("zip"), tr("Compression cache"), Pace::Quarter, Knowledge::HostOnly),
      vm_(new VmChoice(QStringLiteral("zipVm"), tr("Whose compression cache"), VmChoice::All::Offered, this)),
      view_(new ZipView(theme(), this)) {
  QWidget* scroll = scrolling(view_, QStringLiteral("zipScroll"), tr("Compression caches"), 80);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 4, 0, 0);
  column->setSpacing(2);
  column->addWidget(vm_, 0, Qt::AlignLeft);
  column->addWidget(scroll, 1);
  setFocusProxy(view_);
  connect(vm_, &QComboBox::activated, this, [this] { refresh(Motion::Jumped); });
  showsWhatMade(*view_);
}

void ZipPanel::rebuild() {
  if (shown_ != run()) {
    shown_ = run();
    vm_->setRun(run());
  }
  vm_->setFont(theme().font(FontRole::Small));
  refresh(Motion::Jumped);
}

}  // namespace overcommit::gui

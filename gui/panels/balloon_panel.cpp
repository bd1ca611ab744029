// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/balloon_panel.h"

#include <QVBoxLayout>

namespace overcommit::gui {

BalloonPanel::BalloonPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("balloon"), tr("Balloon"), Pace::Quarter, Knowledge::HostOnly), view_(new BalloonView(theme(), this)) {
  QWidget* scroll = scrolling(view_, QStringLiteral("balloonScroll"), tr("Balloons of all VMs"), 80);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(scroll);
  setFocusProxy(view_);
  showsWhatMade(*view_);
}

}  // namespace overcommit::gui

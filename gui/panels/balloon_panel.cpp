// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/balloon_panel.h"

#include <QScrollArea>
#include <QVBoxLayout>

namespace overcommit::gui {

BalloonPanel::BalloonPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("balloon"), tr("Balloon"), Pace::Quarter, Knowledge::HostOnly), view_(new BalloonView(theme(), this)) {
  auto* scroll = new QScrollArea(this);
  scroll->setObjectName(QStringLiteral("balloonScroll"));
  scroll->setAccessibleName(tr("Balloons of all VMs"));
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setMinimumHeight(80);
  scroll->setWidget(view_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(scroll);
  setFocusProxy(view_);
  showsWhatMade(*view_);
}

}  // namespace overcommit::gui

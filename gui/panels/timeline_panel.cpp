// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/timeline_panel.h"

#include <QVBoxLayout>

namespace overcommit::gui {

TimelinePanel::TimelinePanel(const PanelContext& context)
    : Panel(context, QStringLiteral("timeline"), tr("Timeline"), Pace::Frame), view_(new TimelineView(theme(), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(view_);
  setFocusProxy(view_);
}

void TimelinePanel::rebuild() {
  if (shown_ != run()) view_->setRun(run());
  shown_ = run();
  view_->setSeat(options().seat());
  view_->rebuild();
}

void TimelinePanel::refresh(Motion) { view_->showNow(); }

}  // namespace overcommit::gui

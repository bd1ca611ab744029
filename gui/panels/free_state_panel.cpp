// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/free_state_panel.h"

#include <QVBoxLayout>

#include "gui/session/made_by.h"

namespace overcommit::gui {

FreeStatePanel::FreeStatePanel(const PanelContext& context)
    : Panel(context, QStringLiteral("freeState"), tr("Free-memory state"), Pace::Frame, Knowledge::HostOnly),
      gauge_(new FreeStateGauge(theme(), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(gauge_);
  setFocusProxy(gauge_);
  connect(gauge_, &FreeStateGauge::stateChosen, this, [this] { Q_EMIT eventsWanted(kindsOf({EventKind::FreeStateChange})); });
}

}  // namespace overcommit::gui

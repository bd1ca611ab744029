// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/free_state_panel.h"

#include <QVBoxLayout>

namespace overcommit::gui {

FreeStatePanel::FreeStatePanel(const PanelContext& context)
    : Panel(context, QStringLiteral("freeState"), tr("Free-memory state"), Pace::Frame, Knowledge::HostOnly),
      gauge_(new FreeStateGauge(theme(), this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(gauge_);
  setFocusProxy(gauge_);
  connect(gauge_, &FreeStateGauge::stateChosen, this, [this] {
    std::bitset<kEventKinds> kinds;
    kinds.set(indexOf(EventKind::FreeStateChange));
    Q_EMIT eventsWanted(kinds);
  });
}

}  // namespace overcommit::gui

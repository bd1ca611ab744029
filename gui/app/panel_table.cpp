// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/panel_table.h"

#include <QCoreApplication>

#include "gui/panels/balloon_panel.h"
#include "gui/panels/branches_panel.h"
#include "gui/panels/change_panel.h"
#include "gui/panels/charts_panel.h"
#include "gui/panels/console_panel.h"
#include "gui/panels/costs_panel.h"
#include "gui/panels/esxtop_panel.h"
#include "gui/panels/event_log_panel.h"
#include "gui/panels/free_state_panel.h"
#include "gui/panels/inspector_panel.h"
#include "gui/panels/lab_panel.h"
#include "gui/panels/swap_panel.h"
#include "gui/panels/timeline_panel.h"
#include "gui/panels/vms_panel.h"
#include "gui/panels/zip_panel.h"

namespace overcommit::gui {
namespace {

template <typename P>
std::function<Panel*(const PanelContext&)> maker() {
  return [](const PanelContext& context) { return new P(context); };
}

QString title(const char* text) { return QCoreApplication::translate("PanelTable", text); }

}  // namespace

std::vector<PanelEntry> panelTable() {
  using Place = PanelEntry::Place;
  return {
      {QStringLiteral("freeState"), title("Free-memory state"), Place::RightTop, true, maker<FreeStatePanel>()},
      {QStringLiteral("inspector"), title("Inspector"), Place::Right, true, maker<InspectorPanel>()},
      {QStringLiteral("vms"), title("VMs"), Place::Right, true, maker<VmsPanel>()},
      {QStringLiteral("change"), title("Change"), Place::Right, false, maker<ChangePanel>()},
      {QStringLiteral("branches"), title("Branches"), Place::Right, false, maker<BranchesPanel>()},
      {QStringLiteral("timeline"), title("Timeline"), Place::Bottom, true, maker<TimelinePanel>()},
      {QStringLiteral("events"), title("Event log"), Place::BottomTabs, false, maker<EventLogPanel>()},
      {QStringLiteral("charts"), title("Charts"), Place::BottomTabs, false, maker<ChartsPanel>()},
      {QStringLiteral("esxtop"), title("esxtop"), Place::BottomTabs, false, maker<EsxtopPanel>()},
      {QStringLiteral("console"), title("Console"), Place::BottomTabs, false, maker<ConsolePanel>()},
      {QStringLiteral("balloon"), title("Balloon"), Place::BottomTabs, false, maker<BalloonPanel>()},
      {QStringLiteral("zip"), title("Compression cache"), Place::BottomTabs, false, maker<ZipPanel>()},
      {QStringLiteral("swapFile"), title("Swap file"), Place::BottomTabs, false, maker<SwapPanel>()},
      {QStringLiteral("lab"), title("Lab"), Place::Left, false, maker<LabPanel>()},
      {QStringLiteral("costs"), title("Costs"), Place::BottomTabs, false, maker<CostsPanel>()},
  };
}

}  // namespace overcommit::gui

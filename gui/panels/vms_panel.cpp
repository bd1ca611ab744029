// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/vms_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "gui/session/text.h"

namespace overcommit::gui {

VmsPanel::VmsPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("vms"), tr("VMs"), Pace::Quarter),
      model_({tr("VM"), tr("state"), tr("memory"), tr("used"), tr("target"), tr("balloon"), tr("zipped"), tr("swapped"), tr("active"),
              tr("operations")}),
      view_(new QTableView(this)) {
  view_->setObjectName(QStringLiteral("vmTable"));
  view_->setAccessibleName(tr("VMs"));
  view_->setModel(&model_);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setSelectionMode(QAbstractItemView::SingleSelection);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setShowGrid(false);
  view_->setTabKeyNavigation(false);
  view_->setMinimumHeight(40);
  view_->verticalHeader()->hide();
  view_->horizontalHeader()->setHighlightSections(false);
  connect(view_, &QTableView::clicked, this, [this](const QModelIndex& index) {
    if (run() != nullptr) run()->selection().selectVm(VmId(static_cast<std::uint16_t>(index.row())));
  });
  connect(view_, &QTableView::activated, this, [this](const QModelIndex& index) {
    if (run() != nullptr) run()->selection().selectVm(VmId(static_cast<std::uint16_t>(index.row())));
  });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(view_);
  setFocusProxy(view_);
}

void VmsPanel::rebuild() {
  view_->setFont(theme().font(FontRole::Small));
  view_->horizontalHeader()->setFont(theme().font(FontRole::Small));
  view_->verticalHeader()->setDefaultSectionSize(QFontMetrics(theme().font(FontRole::Small)).height() + theme().px(4));
  refresh(Motion::Jumped);
}

void VmsPanel::refresh(Motion motion) {
  std::vector<QStringList> rows;
  if (run() != nullptr) {
    const WorldModel& world = run()->world();
    for (std::size_t i = 0; i < world.vms(); ++i) {
      const VmId id(static_cast<std::uint16_t>(i));
      const WorldVm& vm = world.vm(id);
      const QString state = vm.crashed ? tr("crashed") : !vm.poweredOn ? tr("off") : vm.blocked ? tr("blocked") : tr("runs");
      rows.push_back({qstring(world.name(id)), state, mebibytes(world.memory(id).value()),
                      mebibytes(vm.at(PagePlace::Private) + vm.at(PagePlace::Shared)), mebibytes(vm.targetPages),
                      mebibytes(vm.at(PagePlace::Ballooned)), mebibytes(vm.at(PagePlace::Zipped)), mebibytes(vm.at(PagePlace::Swapped)),
                      mebibytes(vm.activePages), grouped(vm.operations)});
    }
  }
  model_.setRows(rows);
  // While it plays columns keep their places.
  if (motion != Motion::Played) view_->resizeColumnsToContents();
}

}  // namespace overcommit::gui

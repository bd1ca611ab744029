// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/vms_panel.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "gui/models/vm_rows.h"

namespace overcommit::gui {

VmsPanel::VmsPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("vms"), tr("VMs"), Pace::Quarter), model_(vmColumns(Seat::AllKnowing)), view_(new QTableView(this)) {
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
  // Enter or a double-click: what made the figure.
  connect(view_, &QTableView::activated, this, [this](const QModelIndex& index) {
    const std::vector<VmFigure> figures = vmFigures(options().seat());
    const auto column = static_cast<std::size_t>(index.column());
    if (run() == nullptr || column >= figures.size()) return;
    const VmId vm(static_cast<std::uint16_t>(index.row()));
    run()->selection().selectVm(vm);
    Q_EMIT vmEventsWanted(figures[column].kinds, vm);
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
  model_.setColumns(vmColumns(options().seat()));
  QStringList tips;
  for (const VmFigure& figure : vmFigures(options().seat())) tips << tr("vm.NAME.%1\nEnter: the events that made it").arg(figure.metric);
  model_.setTips(tips);
  model_.setRows(run() == nullptr ? std::vector<QStringList>()
                                  : vmRows(run()->world(), run()->history(), run()->playback().now(), options().seat()));
  // While it plays columns keep their places.
  if (motion != Motion::Played) view_->resizeColumnsToContents();
}

}  // namespace overcommit::gui

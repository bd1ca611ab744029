// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/costs_panel.h"

#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include "gui/models/cost_rows.h"

namespace overcommit::gui {

CostsPanel::CostsPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("costs"), tr("Costs"), Pace::Quarter, Knowledge::HostOnly),
      costs_(costColumns(), 4),
      list_(new QTableView(this)),
      times_(new TimeAccountView(theme(), this)) {
  list_->setObjectName(QStringLiteral("costTable"));
  list_->setAccessibleName(tr("What things cost in virtual time"));
  list_->setModel(&costs_);
  list_->setSelectionBehavior(QAbstractItemView::SelectRows);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setShowGrid(false);
  list_->setTabKeyNavigation(false);
  list_->setMinimumHeight(60);
  list_->verticalHeader()->hide();
  list_->horizontalHeader()->setHighlightSections(false);
  list_->horizontalHeader()->setStretchLastSection(true);
  QWidget* scroll = scrolling(times_, QStringLiteral("timeScroll"), tr("Time accounts"), 60);
  auto* parts = new QSplitter(Qt::Horizontal, this);
  parts->setObjectName(QStringLiteral("costParts"));
  parts->addWidget(scroll);
  parts->addWidget(list_);
  parts->setChildrenCollapsible(false);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(parts);
  setFocusProxy(list_);
  showsWhatMade(*times_);
  const auto follow = [this](const QModelIndex& index) { Q_EMIT eventsWanted(eventsOfCost(static_cast<std::size_t>(index.row()))); };
  connect(list_, &QTableView::activated, this, follow);
  connect(list_, &QTableView::doubleClicked, this, follow);
}

void CostsPanel::rebuild() {
  costs_.setRows(run() == nullptr ? std::vector<QStringList>() : costRows(run()->header()));
  const QFont small = theme().font(FontRole::Small);
  list_->setFont(small);
  list_->horizontalHeader()->setFont(small);
  list_->verticalHeader()->setDefaultSectionSize(QFontMetrics(small).height() + theme().px(4));
  list_->resizeColumnsToContents();
  times_->setRun(run());
}

}  // namespace overcommit::gui

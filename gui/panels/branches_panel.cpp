// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/branches_panel.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>
#include <map>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kTraceRole = Qt::UserRole, kChangesRole = Qt::UserRole + 1;

}  // namespace

BranchesPanel::BranchesPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("branches"), tr("Branches"), Pace::Quarter),
      tree_(new QTreeWidget(this)),
      changes_(new QLabel(this)),
      branch_(new QPushButton(tr("Go on from here in another way"), this)),
      open_(new QPushButton(tr("Open"), this)) {
  tree_->setObjectName(QStringLiteral("branchTree"));
  tree_->setAccessibleName(tr("Runs that were made live, and what branched off them"));
  tree_->setHeaderLabels({tr("run"), tr("from"), tr("changes")});
  tree_->setFrameShape(QFrame::NoFrame);
  tree_->setUniformRowHeights(true);
  tree_->setMinimumHeight(40);
  changes_->setObjectName(QStringLiteral("branchChanges"));
  changes_->setAccessibleName(tr("What was changed in the chosen run"));
  changes_->setWordWrap(true);
  changes_->setContentsMargins(8, 0, 8, 0);
  branch_->setObjectName(QStringLiteral("branchNew"));
  branch_->setAccessibleName(branch_->text());
  open_->setObjectName(QStringLiteral("branchOpen"));
  open_->setAccessibleName(tr("Open the chosen run"));
  open_->setEnabled(false);
  connect(tree_, &QTreeWidget::itemActivated, this, &BranchesPanel::open);
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* item) {
    open_->setEnabled(item != nullptr);
    const QStringList changes = item == nullptr ? QStringList() : item->data(0, kChangesRole).toStringList();
    changes_->setText(changes.join(QLatin1Char('\n')));
    changes_->setVisible(!changes.isEmpty());
  });
  connect(branch_, &QPushButton::clicked, this, &BranchesPanel::branchWanted);
  connect(open_, &QPushButton::clicked, this, &BranchesPanel::open);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 6);
  column->setSpacing(6);
  column->addWidget(tree_, 1);
  column->addWidget(changes_);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(8, 0, 8, 0);
  row->addWidget(branch_);
  row->addWidget(open_);
  row->addStretch(1);
  column->addLayout(row);
  setFocusProxy(tree_);
  changes_->hide();
  connect(&link(), &EngineLink::branchesChanged, this, &BranchesPanel::rebuild);
}

void BranchesPanel::rebuild() {
  tree_->setFont(theme().font(FontRole::Small));
  tree_->header()->setFont(theme().font(FontRole::Small));
  changes_->setFont(theme().font(FontRole::Small));
  const QString shown = run() == nullptr ? QString() : QString::fromStdString(run()->playback().path().string());
  const QString chosen = tree_->currentItem() == nullptr ? shown : tree_->currentItem()->data(0, kTraceRole).toString();
  tree_->clear();
  std::map<QString, QTreeWidgetItem*> items;
  for (const Branch& branch : link().branches().all()) {
    const auto parent = items.find(branch.parent);
    auto* item = parent == items.end() ? new QTreeWidgetItem(tree_) : new QTreeWidgetItem(parent->second);
    items[branch.trace] = item;
    item->setText(0, QFileInfo(branch.trace).completeBaseName());
    if (!branch.parent.isEmpty()) item->setText(1, clockText(branch.from));
    item->setText(2, branch.changes.isEmpty() ? QString() : QString::number(branch.changes.size()));
    item->setToolTip(
        0, branch.parent.isEmpty()
               ? branch.trace
               : tr("%1\nbranched off %2 at %3").arg(branch.trace, QFileInfo(branch.parent).completeBaseName(), clockText(branch.from)));
    item->setData(0, kTraceRole, branch.trace);
    item->setData(0, kChangesRole, branch.changes);
    QFont font = tree_->font();
    font.setBold(branch.trace == shown);
    item->setFont(0, font);
  }
  tree_->expandAll();
  if (const auto now = items.find(chosen); now != items.end()) tree_->setCurrentItem(now->second);
  tree_->resizeColumnToContents(0);
  branch_->setEnabled(run() != nullptr);
}

void BranchesPanel::open() {
  if (const QTreeWidgetItem* item = tree_->currentItem()) Q_EMIT traceWanted(item->data(0, kTraceRole).toString());
}

}  // namespace overcommit::gui

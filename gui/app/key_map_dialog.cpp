// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/key_map_dialog.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QTableView>
#include <QVBoxLayout>

namespace overcommit::gui {

KeyMapDialog::KeyMapDialog(const Actions& actions, QWidget* parent) : QDialog(parent), table_({tr("what"), tr("where"), tr("key")}) {
  setObjectName(QStringLiteral("keyMap"));
  setWindowTitle(tr("Keys"));
  std::vector<QStringList> rows;
  for (const Actions::Entry& entry : actions.all()) {
    QStringList keys;
    for (const QKeySequence& key : entry.action->shortcuts()) keys << key.toString(QKeySequence::NativeText);
    if (!keys.isEmpty())
      rows.push_back(
          {entry.action->text().remove(QLatin1Char('&')), Actions::nameOf(entry.group).remove(QLatin1Char('&')), keys.join(tr(" or "))});
  }
  rows.push_back({tr("Another cell, VM or frame"), tr("Machine room"), tr("arrow keys")});
  rows.push_back({tr("Into a VM's pages; a VM alone on the floor"), tr("Machine room"), tr("Enter, or double-click")});
  rows.push_back({tr("Out again"), tr("Machine room"), tr("Esc")});
  rows.push_back({tr("Move the instant a little, by a tenth"), tr("Timeline"), tr("Left, Right, PgUp, PgDown")});
  rows.push_back({tr("Begin or end a range at the instant"), tr("Timeline"), tr("[ and ]")});
  rows.push_back({tr("To a row's instant; from the last column to what it came of"), tr("Event log"), tr("Enter")});
  table_.setRows(rows);
  auto* view = new QTableView(this);
  view->setObjectName(QStringLiteral("keyTable"));
  view->setAccessibleName(tr("Keys"));
  view->setModel(&table_);
  view->verticalHeader()->hide();
  view->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  view->resizeColumnsToContents();
  view->setSelectionBehavior(QAbstractItemView::SelectRows);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->addWidget(view);
  column->addWidget(buttons);
  resize(720, 560);
}

}  // namespace overcommit::gui

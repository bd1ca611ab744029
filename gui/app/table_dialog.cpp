// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/table_dialog.h"

#include <QAbstractItemModel>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QSaveFile>
#include <QTableView>
#include <QVBoxLayout>

#include "gui/models/figure_table.h"

namespace overcommit::gui {

TableDialog::TableDialog(const QString& title, QAbstractItemModel& model, QWidget* parent) : QDialog(parent), model_(model) {
  setObjectName(QStringLiteral("tableDialog"));
  setWindowTitle(title);
  setAttribute(Qt::WA_DeleteOnClose);
  connect(&model, &QObject::destroyed, this, &QDialog::close);
  auto* view = new QTableView(this);
  view->setObjectName(QStringLiteral("tableTwin"));
  view->setAccessibleName(title);
  view->setModel(&model);
  view->verticalHeader()->hide();
  view->horizontalHeader()->setStretchLastSection(true);
  view->resizeColumnsToContents();
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  QPushButton* copyButton = buttons->addButton(tr("Copy as CSV"), QDialogButtonBox::ActionRole);
  copyButton->setObjectName(QStringLiteral("copyCsv"));
  QPushButton* saveButton = buttons->addButton(tr("Save as CSV …"), QDialogButtonBox::ActionRole);
  saveButton->setObjectName(QStringLiteral("saveCsv"));
  connect(copyButton, &QPushButton::clicked, this, &TableDialog::copy);
  connect(saveButton, &QPushButton::clicked, this, &TableDialog::save);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* column = new QVBoxLayout(this);
  column->addWidget(view);
  column->addWidget(buttons);
  resize(760, 420);
}

void TableDialog::copy() { QGuiApplication::clipboard()->setText(csvOf(model_)); }

void TableDialog::save() {
  const QString name =
      QFileDialog::getSaveFileName(this, tr("Save as CSV"), QStringLiteral("table.csv"), tr("Comma-separated values (*.csv)"));
  if (name.isEmpty()) return;
  QSaveFile file(name);
  const QByteArray bytes = csvOf(model_).toUtf8();
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    QMessageBox::warning(this, tr("Save as CSV"),
                         tr("%1 could not be written: %2. Is the disk full, or may you not write there?").arg(name, file.errorString()));
}

}  // namespace overcommit::gui

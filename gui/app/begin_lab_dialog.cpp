// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/begin_lab_dialog.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>

namespace overcommit::gui {

BeginLabDialog::BeginLabDialog(const LabWork& work, const QString& lab, QWidget* parent)
    : QDialog(parent), labs_(work.labs()), lab_(new QComboBox), folder_(new QLineEdit), student_(new QLineEdit), trouble_(new QLabel) {
  setObjectName(QStringLiteral("beginLab"));
  setWindowTitle(tr("Begin a lab"));
  lab_->setObjectName(QStringLiteral("beginLabChoice"));
  lab_->setAccessibleName(tr("Which lab"));
  for (const LabEntry& one : labs_) {
    lab_->addItem(tr("%1, %2 minutes").arg(one.heading()).arg(one.minutes), one.name);
    if (one.name == lab) lab_->setCurrentIndex(lab_->count() - 1);
  }
  folder_->setObjectName(QStringLiteral("beginLabFolder"));
  folder_->setAccessibleName(tr("The folder for your work"));
  folder_->setMinimumWidth(380);
  student_->setObjectName(QStringLiteral("beginLabStudent"));
  student_->setAccessibleName(tr("Who you are"));
  student_->setPlaceholderText(tr("as your teacher knows you; may stay empty"));
  trouble_->setObjectName(QStringLiteral("beginLabTrouble"));
  trouble_->setAccessibleName(tr("What is wrong"));
  trouble_->setWordWrap(true);
  auto* browse = new QPushButton(tr("Choose …"));
  browse->setObjectName(QStringLiteral("beginLabBrowse"));
  browse->setAccessibleName(tr("Choose the folder"));
  browse->setAutoDefault(false);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  begin_ = buttons->addButton(tr("Begin"), QDialogButtonBox::AcceptRole);
  begin_->setObjectName(QStringLiteral("beginLabBegin"));
  begin_->setDefault(true);
  auto* row = new QHBoxLayout;
  row->addWidget(folder_, 1);
  row->addWidget(browse);
  auto* form = new QFormLayout(this);
  form->addRow(tr("Lab"), lab_);
  form->addRow(tr("Folder"), row);
  form->addRow(tr("Student"), student_);
  form->addRow(trouble_);
  form->addRow(buttons);
  connect(lab_, &QComboBox::currentIndexChanged, this, &BeginLabDialog::suggestFolder);
  connect(folder_, &QLineEdit::textChanged, this, &BeginLabDialog::look);
  connect(browse, &QPushButton::clicked, this, [this] {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("A folder for your work"), QFileInfo(folder_->text()).path());
    if (!folder.isEmpty()) folder_->setText(folder);
  });
  connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  suggestFolder();
}

// The usual one, or the first beside it that is free.
void BeginLabDialog::suggestFolder() {
  if (labs_.empty()) return look();
  const QString usual = LabWork::usualFolder(lab());
  QString free = usual;
  for (int i = 2; QFileInfo::exists(free); ++i) free = QStringLiteral("%1-%2").arg(usual).arg(i);
  folder_->setText(QDir::toNativeSeparators(free));
  look();
}

void BeginLabDialog::look() {
  const QDir folder(this->folder());
  QString trouble;
  if (labs_.empty())
    trouble = tr("There are no labs here.");
  else if (!folder.isAbsolute())
    trouble = tr("The folder must have a whole path.");
  else if (folder.exists() && !folder.isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot))
    trouble = tr("This folder is not empty: choose a new one, so that nobody's work is overwritten.");
  trouble_->setText(trouble);
  begin_->setEnabled(trouble.isEmpty());
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/command_palette.h"

#include <QKeyEvent>
#include <QVBoxLayout>

namespace overcommit::gui {

bool containsLetters(const QString& text, const QString& letters) {
  qsizetype at = 0;
  for (const QChar letter : letters) {
    if (letter.isSpace()) continue;
    at = text.indexOf(letter, at, Qt::CaseInsensitive);
    if (at < 0) return false;
    ++at;
  }
  return true;
}

CommandPalette::CommandPalette(const Actions& actions, QWidget* parent)
    : QDialog(parent), actions_(actions), letters_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("commandPalette"));
  setWindowTitle(tr("What to do"));
  letters_->setObjectName(QStringLiteral("commandLetters"));
  letters_->setAccessibleName(tr("Some letters of what to do"));
  letters_->setPlaceholderText(tr("Type what you want to do"));
  letters_->installEventFilter(this);
  list_->setObjectName(QStringLiteral("commandList"));
  list_->setAccessibleName(tr("What can be done"));
  auto* column = new QVBoxLayout(this);
  column->addWidget(letters_);
  column->addWidget(list_);
  connect(letters_, &QLineEdit::textChanged, this, &CommandPalette::fill);
  connect(letters_, &QLineEdit::returnPressed, this, &CommandPalette::act);
  connect(list_, &QListWidget::itemActivated, this, &CommandPalette::act);
  fill(QString());
  resize(520, 420);
}

void CommandPalette::fill(const QString& letters) {
  list_->clear();
  for (std::size_t i = 0; i < actions_.all().size(); ++i) {
    const QAction* action = actions_.all()[i].action;
    if (!action->isEnabled()) continue;
    const QString text = action->text().remove(QLatin1Char('&'));
    if (!containsLetters(text, letters)) continue;
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    auto* item = new QListWidgetItem(keys.isEmpty() ? text : QStringLiteral("%1   (%2)").arg(text, keys), list_);
    item->setData(Qt::UserRole, static_cast<int>(i));
  }
  list_->setCurrentRow(0);
}

void CommandPalette::act() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  QAction* action = actions_.all()[static_cast<std::size_t>(item->data(Qt::UserRole).toInt())].action;
  accept();
  action->trigger();
}

// Up and down move in the list while one types.
bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Up || key == Qt::Key_Down) {
      const int row = list_->currentRow() + (key == Qt::Key_Down ? 1 : -1);
      if (row >= 0 && row < list_->count()) list_->setCurrentRow(row);
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

}  // namespace overcommit::gui

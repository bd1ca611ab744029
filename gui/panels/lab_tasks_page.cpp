// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/lab_tasks_page.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QUrl>
#include <utility>

#include "gui/session/text.h"

namespace overcommit::gui {

LabTasksPage::LabTasksPage(const Theme& theme) : theme_(theme) {
  setObjectName(QStringLiteral("labTasks"));
  setAccessibleName(tr("What is to be done"));
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void LabTasksPage::setWork(LabWork* work) {
  work_ = work;
  connect(work, &LabWork::noted, this, &LabTasksPage::renewSteps);
}

void LabTasksPage::showWork(bool isOpen) {
  isOpen_ = isOpen;
  build();
}

void LabTasksPage::restyle() {
  const QString style = QStringLiteral("%1 %2").arg(theme_.px(1000)).arg(static_cast<int>(theme_.shade()));
  if (std::exchange(style_, style) == style) return;
  keepWhatIsTyped();
  build();
}

// An editor may have written to the files while this was hidden, or while another window was in front.
bool LabTasksPage::event(QEvent* event) {
  const bool isBack = event->type() == QEvent::Show || event->type() == QEvent::WindowActivate;
  if (isBack && isOpen_ && work_->readAgain()) build();
  return QScrollArea::event(event);
}

// What is being typed is an answer before its field goes.
void LabTasksPage::keepWhatIsTyped() {
  for (QLineEdit* line : findChildren<QLineEdit*>()) {
    if (line->isModified()) Q_EMIT line->editingFinished();
  }
}

QLabel* LabTasksPage::addText(const QString& text, FontRole role, Hue hue) {
  auto* label = new QLabel;
  label->setTextFormat(Qt::PlainText);
  label->setText(text);
  label->setWordWrap(true);
  label->setFont(theme_.font(role));
  label->setStyleSheet(QStringLiteral("color: %1").arg(theme_.colour(hue).name()));
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  column_->addWidget(label);
  return label;
}

QPushButton* LabTasksPage::addButton(const QString& text, const QString& objectName, const QString& accessibleName) {
  auto* button = new QPushButton(text);
  button->setObjectName(objectName);
  button->setAccessibleName(accessibleName);
  button->setFont(theme_.font(FontRole::Body));
  button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  button->setMinimumWidth(theme_.buttonWidth(text));
  column_->addWidget(button);
  return button;
}

void LabTasksPage::build() {
  const int scrolled = verticalScrollBar()->value();
  steps_.clear();
  auto* page = new QWidget;
  page->setObjectName(QStringLiteral("labTasksPage"));
  column_ = new QVBoxLayout(page);
  column_->setContentsMargins(theme_.px(6), theme_.px(8), theme_.px(10), theme_.px(8));
  column_->setSpacing(theme_.px(5));
  const LabEntry* lab = isOpen_ && work_ != nullptr ? work_->lab() : nullptr;
  if (lab == nullptr) {
    addText(tr("What is to be done stands here once the lab is begun."), FontRole::Body, Hue::Dim);
  } else {
    addSteps(*lab);
    addScenarios(*lab);
    addFields(tr("Your answers"), work_->answers());
    addFields(tr("Your settings"), work_->settings());
    addPolicies(*lab);
  }
  column_->addStretch(1);
  setWidget(page);
  verticalScrollBar()->setValue(scrolled);
}

void LabTasksPage::addSteps(const LabEntry& lab) {
  if (lab.steps.empty()) return;
  addText(tr("Steps"), FontRole::Strong, Hue::Text);
  for (std::size_t i = 0; i < lab.steps.size(); ++i) {
    QLabel* label = addText({}, FontRole::Body, Hue::Text);
    label->setObjectName(QStringLiteral("labStep.%1").arg(i + 1));
    label->setTextFormat(Qt::RichText);
    steps_.push_back(label);
  }
  column_->addSpacing(theme_.px(8));
  renewSteps();
}

void LabTasksPage::renewSteps() {
  const LabEntry* lab = work_->lab();
  if (lab == nullptr || steps_.size() != lab->steps.size()) return;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const LabEntry::Step& step = lab->steps[i];
    const bool done = work_->isDone(step);
    const QString mark = step.did.isEmpty() ? QStringLiteral("%1.").arg(i + 1) : done ? QStringLiteral("✓") : QStringLiteral("○");
    const QColor colour = theme_.colour(done ? Hue::Shared : Hue::Text);
    steps_[i]->setText(
        QStringLiteral("<span style='color:%1'><b>%2 %3</b></span><br><span style='color:%4'>%5</span>")
            .arg(colour.name(), mark, step.title.toHtmlEscaped(), theme_.colour(Hue::Dim).name(), step.text.toHtmlEscaped()));
    steps_[i]->setAccessibleName(done ? tr("%1: done").arg(step.title) : step.title);
  }
}

void LabTasksPage::addScenarios(const LabEntry& lab) {
  if (lab.scenarios.isEmpty()) return;
  addText(tr("Run"), FontRole::Strong, Hue::Text);
  for (const QString& scenario : lab.scenarios) {
    const auto* button = addButton(scenario, QStringLiteral("labRun.%1").arg(scenario), tr("Run the scenario %1").arg(scenario));
    connect(button, &QPushButton::clicked, this, [this, scenario] { Q_EMIT scenarioWanted(QDir(work_->folder()).filePath(scenario)); });
  }
  column_->addSpacing(theme_.px(8));
}

void LabTasksPage::addFields(const QString& heading, AnswerFile& file) {
  if (file.fields().empty()) return;
  addText(heading, FontRole::Strong, Hue::Text);
  for (const AnswerFile::Field& field : file.fields()) addField(file, field);
  column_->addSpacing(theme_.px(8));
}

void LabTasksPage::addField(AnswerFile& file, const AnswerFile::Field& field) {
  addText(field.question, FontRole::Body, Hue::Text);
  const QString objectName = QStringLiteral("labAnswer.%1").arg(QString(field.name).remove(QLatin1Char('"')));
  if (!field.choices.empty() && !field.byHand) {
    for (const AnswerFile::Choice& choice : field.choices) addText(choice.text, FontRole::Small, Hue::Dim);
    auto* box = new QComboBox;
    box->setObjectName(objectName);
    box->setAccessibleName(field.question);
    box->setFont(theme_.font(FontRole::Body));
    box->addItem(tr("not answered"), QString());
    for (const AnswerFile::Choice& choice : field.choices) box->addItem(choice.value, choice.value);
    if (!field.answer.isEmpty() && box->findData(field.answer) < 0) box->addItem(field.answer, field.answer);
    box->setCurrentIndex(std::max(box->findData(field.answer), 0));
    box->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(box, &QComboBox::activated, this, [this, &file, box, name = field.name] { write(file, name, box->currentData().toString()); });
    column_->addWidget(box);
    return;
  }
  auto* line = new QLineEdit(field.answer);
  line->setObjectName(objectName);
  line->setAccessibleName(field.question);
  line->setFont(theme_.font(FontRole::Body));
  line->setPlaceholderText(QString(field.example).remove(QLatin1Char('"')));
  line->setReadOnly(field.byHand);
  if (field.byHand) line->setToolTip(tr("This was written with an editor, in a form that only an editor can change."));
  connect(line, &QLineEdit::editingFinished, this, [this, &file, line, name = field.name] {
    if (line->isModified()) write(file, name, line->text());
    line->setModified(false);
  });
  column_->addWidget(line);
}

void LabTasksPage::write(AnswerFile& file, const QString& name, const QString& answer) {
  const auto written = file.set(name, answer);
  Q_EMIT said(written ? tr("Your answer is written.") : qstring(written.error().text));
}

void LabTasksPage::addPolicies(const LabEntry& lab) {
  if (lab.policies.empty()) return;
  addText(tr("To write"), FontRole::Strong, Hue::Text);
  for (const LabEntry::Policy& policy : lab.policies) {
    for (const QString& file : policy.files) {
      const QString path = QDir(work_->folder()).filePath(file);
      if (!QFileInfo::exists(path)) continue;
      const auto* button = addButton(tr("%1, in an editor").arg(file), QStringLiteral("labPolicy.%1").arg(file),
                                     tr("Open the file %1 in an editor").arg(file));
      connect(button, &QPushButton::clicked, this, [this, path] {
        if (!QDesktopServices::openUrl(QUrl::fromLocalFile(path))) Q_EMIT said(tr("No editor is set up here: the file is %1").arg(path));
      });
    }
  }
}

}  // namespace overcommit::gui

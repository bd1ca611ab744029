// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/lab_result_page.h"

#include <QHeaderView>
#include <QVBoxLayout>
#include <algorithm>

namespace overcommit::gui {
namespace {

constexpr int kCheckIdRole = Qt::UserRole;
constexpr int kWarningRole = Qt::UserRole + 1;

Hue hueOfStatus(LabReport::Status status) {
  switch (status) {
    case LabReport::Status::Passed: return Hue::Shared;
    case LabReport::Status::Partial: return Hue::Text;
    case LabReport::Status::Failed: return Hue::Swapped;
    case LabReport::Status::Skipped:
    case LabReport::Status::Manual: return Hue::Dim;
  }
  return Hue::Dim;
}

}  // namespace

LabResultPage::LabResultPage(const Theme& theme)
    : theme_(theme),
      parts_(new QSplitter(Qt::Vertical, this)),
      list_(new QTreeWidget),
      text_(new QTextBrowser),
      moment_(new QPushButton(tr("Show the moment"), this)) {
  setObjectName(QStringLiteral("labResult"));
  parts_->setObjectName(QStringLiteral("labResultParts"));
  list_->setObjectName(QStringLiteral("labChecks"));
  list_->setAccessibleName(tr("The checks of the lab"));
  list_->setHeaderLabels({tr("check"), tr("points")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMinimumHeight(60);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  text_->setObjectName(QStringLiteral("labCheckText"));
  text_->setAccessibleName(tr("What the chosen check says"));
  text_->setFrameShape(QFrame::NoFrame);
  text_->setMinimumHeight(60);
  moment_->setObjectName(QStringLiteral("labMoment"));
  moment_->setAccessibleName(tr("Show the run of the chosen check at its moment"));
  parts_->addWidget(list_);
  parts_->addWidget(text_);
  parts_->setChildrenCollapsible(false);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(parts_, 1);
  column->addWidget(moment_, 0, Qt::AlignLeft);
  connect(list_, &QTreeWidget::currentItemChanged, this, &LabResultPage::showCheck);
  connect(moment_, &QPushButton::clicked, this, [this] {
    if (const auto* check = current()) work_->showMoment(*check);
  });
  connect(list_, &QTreeWidget::itemActivated, moment_, &QPushButton::click);
}

void LabResultPage::setWork(LabWork* work) {
  work_ = work;
  connect(work, &LabWork::reported, this, &LabResultPage::show);
  connect(work, &LabWork::checkingChanged, this, &LabResultPage::show);
}

void LabResultPage::showWork(bool isOpen) {
  isOpen_ = isOpen;
  show();
}

void LabResultPage::restyle() {
  for (QWidget* widget : std::initializer_list<QWidget*>{list_, text_, moment_, list_->header()})
    widget->setFont(theme_.font(FontRole::Body));
  text_->document()->setDocumentMargin(theme_.px(8));
  moment_->setMinimumWidth(theme_.buttonWidth(moment_->text()));
  show();
}

const LabReport::Check* LabResultPage::current() const {
  const QTreeWidgetItem* item = list_->currentItem();
  if (item == nullptr || work_ == nullptr || !work_->report()) return nullptr;
  const auto& checks = work_->report()->checks;
  const auto found = std::ranges::find(checks, item->data(0, kCheckIdRole).toString(), &LabReport::Check::id);
  return found == checks.end() ? nullptr : &*found;
}

// As checks come in; at the end the first that did not pass is explained, unless one was chosen.
void LabResultPage::show() {
  const auto* before = current();
  QString chosen = before == nullptr ? QString() : before->id;
  list_->clear();
  const bool has = isOpen_ && work_ != nullptr && work_->report();
  if (has) {
    const LabReport& report = *work_->report();
    for (const QString& warning : report.warnings) {
      auto* item = new QTreeWidgetItem(list_, {QStringLiteral("!  ") + warning});
      item->setToolTip(0, warning);
      item->setForeground(0, theme_.colour(Hue::Text));
      item->setData(0, kWarningRole, warning);
    }
    for (const LabReport::Check& check : report.checks) {
      auto* item = new QTreeWidgetItem(list_);
      item->setText(0, QStringLiteral("%1  %2  %3").arg(markOf(check.status), check.id, check.title));
      item->setToolTip(0, QStringLiteral("%1: %2").arg(check.title, nameOf(check.status)));
      if (check.mostMilliPoints > 0)
        item->setText(1, QStringLiteral("%1 / %2").arg(pointsOf(check.milliPoints), pointsOf(check.mostMilliPoints)));
      item->setForeground(0, theme_.colour(hueOfStatus(check.status)));
      item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
      item->setData(0, kCheckIdRole, check.id);
      const bool failed = check.status == LabReport::Status::Failed || check.status == LabReport::Status::Partial;
      if (chosen.isEmpty() && failed && report.complete) chosen = check.id;
      if (check.id == chosen) list_->setCurrentItem(item);
    }
  }
  showCheck();
}

void LabResultPage::showCheck() {
  const LabReport::Check* check = current();
  const bool executing = work_ != nullptr && work_->showingMoment();
  moment_->setEnabled(check != nullptr && !check->run.isEmpty() && !executing);
  moment_->setText(executing ? tr("Executing …") : tr("Show the moment"));
  if (check != nullptr) return text_->setHtml(checkHtml(*check, theme_));
  if (const QTreeWidgetItem* item = list_->currentItem()) return text_->setHtml(warningHtml(item->data(0, kWarningRole).toString()));
  const bool checking = work_ != nullptr && work_->checking();
  const auto& report = work_ != nullptr ? work_->report() : std::optional<LabReport>();
  if (checking)
    text_->setPlainText(tr("Your work is being checked …"));
  else if (isOpen_ && report && report->complete)
    text_->setPlainText(report->passed ? tr("Passed. Choose a check to read what it looked at.")
                                       : tr("Choose a check to read what it looked at."));
  else
    text_->setPlainText(tr("Check grades what is in the folder of your work, just as overcommit grade does."));
}

}  // namespace overcommit::gui

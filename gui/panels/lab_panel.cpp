// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/lab_panel.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "gui/lab/lab_work.h"
#include "gui/panels/lab_result_page.h"
#include "gui/panels/lab_tasks_page.h"
#include "gui/panels/named.h"
#include "gui/session/text.h"
#include "gui/theme/markdown_page.h"

namespace overcommit::gui {
namespace {}  // namespace

LabPanel::LabPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("lab"), tr("Lab"), Pace::Quarter),
      lab_(new QComboBox(this)),
      begin_(named(new QPushButton(tr("Begin …"), this), "labBegin", tr("Begin this lab"))),
      open_(named(new QPushButton(tr("Open …"), this), "labOpen", tr("Open work on a lab that was begun before"))),
      check_(named(new QPushButton(tr("Check"), this), "labCheck", tr("Check the work on this lab"))),
      where_(new QLabel(this)),
      tabs_(new QTabWidget(this)),
      handout_(new QTextBrowser(this)),
      tasks_(new LabTasksPage(theme())),
      result_(new LabResultPage(theme())),
      progress_(new QProgressBar(this)),
      points_(new QLabel(this)) {
  lab_->setObjectName(QStringLiteral("labChoice"));
  lab_->setAccessibleName(tr("Which lab"));
  lab_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  lab_->setMinimumContentsLength(10);
  where_->setObjectName(QStringLiteral("labFolder"));
  where_->setAccessibleName(tr("Where the work on this lab lies"));
  where_->setWordWrap(true);
  handout_->setObjectName(QStringLiteral("labHandout"));
  handout_->setAccessibleName(tr("The handout"));
  handout_->setFrameShape(QFrame::NoFrame);
  handout_->setOpenExternalLinks(false);
  handout_->setMinimumSize(160, 60);
  tabs_->setObjectName(QStringLiteral("labTabs"));
  tabs_->setAccessibleName(tr("What to see of the lab"));
  tabs_->setDocumentMode(true);
  tabs_->addTab(handout_, tr("Handout"));
  tabs_->addTab(tasks_, tr("To do"));
  tabs_->addTab(result_, tr("Result"));
  progress_->setObjectName(QStringLiteral("labProgress"));
  progress_->setAccessibleName(tr("How many checks are done"));
  progress_->setTextVisible(false);
  progress_->hide();
  points_->setObjectName(QStringLiteral("labPoints"));
  points_->setAccessibleName(tr("Points"));

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 4, 0, 6);
  column->setSpacing(6);
  auto* top = new QHBoxLayout;
  top->addWidget(lab_, 1);
  top->addWidget(begin_);
  top->addWidget(open_);
  column->addLayout(top);
  column->addWidget(where_);
  column->addWidget(tabs_, 1);
  auto* bottom = new QHBoxLayout;
  bottom->addWidget(check_);
  bottom->addWidget(progress_, 1);
  bottom->addWidget(points_, 1);
  column->addLayout(bottom);
  setFocusProxy(tabs_);

  connect(lab_, &QComboBox::activated, this, &LabPanel::chooseLab);
  connect(begin_, &QPushButton::clicked, this, [this] { Q_EMIT beginWanted(lab_->currentData().toString()); });
  connect(open_, &QPushButton::clicked, this, &LabPanel::openWanted);
  connect(check_, &QPushButton::clicked, this, &LabPanel::pressCheck);
  connect(tasks_, &LabTasksPage::scenarioWanted, this, &LabPanel::scenarioWanted);
  connect(tasks_, &LabTasksPage::said, this, &Panel::said);
}

void LabPanel::setWork(LabWork* work) {
  work_ = work;
  tasks_->setWork(work);
  result_->setWork(work);
  connect(work, &LabWork::listed, this, &LabPanel::fillLabs);
  connect(work, &LabWork::opened, this, &LabPanel::showWork);
  connect(work, &LabWork::checkingChanged, this, &LabPanel::showChecking);
  connect(work, &LabWork::reported, this, &LabPanel::showChecking);
  fillLabs();
}

void LabPanel::fillLabs() {
  const QString chosen = work_->lab() != nullptr ? work_->lab()->name : lab_->currentData().toString();
  lab_->clear();
  for (const LabEntry& lab : work_->labs()) lab_->addItem(lab.heading(), lab.name);
  lab_->setCurrentIndex(std::max(lab_->findData(chosen), 0));
  showWork();
}

void LabPanel::rebuild() {
  const QFont body = theme().font(FontRole::Body);
  for (QWidget* widget : std::initializer_list<QWidget*>{lab_, begin_, open_, check_, tabs_, handout_, points_}) widget->setFont(body);
  where_->setFont(theme().font(FontRole::Small));
  where_->setStyleSheet(QStringLiteral("color: %1").arg(theme().colour(Hue::Dim).name()));
  handout_->document()->setDocumentMargin(theme().px(8));
  tasks_->restyle();
  result_->restyle();
  if (work_ != nullptr && work_->labs().empty()) work_->list();
  // The lab that the run's scenario belongs to, unless one is being worked on.
  if (run() != nullptr && work_ != nullptr && work_->lab() == nullptr) {
    const int at = lab_->findData(QFileInfo(qstring(run()->header().scenarioName)).dir().dirName());
    if (at >= 0) lab_->setCurrentIndex(at);
  }
  showHandout();
}

// The work on another lab lies in another folder: the usual one is opened if it is there.
void LabPanel::chooseLab() {
  for (const LabEntry& lab : work_->labs()) {
    const QString folder = LabWork::usualFolder(lab);
    if (lab.name == lab_->currentData().toString() && LabWork::isWork(folder) && work_->open(folder)) return;
  }
  showWork();
}

void LabPanel::showHandout() {
  if (work_ == nullptr) return;
  const QString chosen = lab_->currentData().toString();
  for (const LabEntry& lab : work_->labs()) {
    if (lab.name != chosen) continue;
    const QUrl source = QUrl::fromLocalFile(QDir(lab.folder).filePath(QStringLiteral("handout.md")));
    if (handout_->source() != source) handout_->setSource(source, QTextDocument::MarkdownResource);
    return setMarkdownPage(*handout_->document(), theme());
  }
  handout_->setPlainText(tr("There are no labs here. The command `overcommit lab list` says where it looked for them."));
}

void LabPanel::showWork() {
  if (work_ == nullptr) return;
  if (const LabEntry* lab = work_->lab(); lab != nullptr && sender() == work_) lab_->setCurrentIndex(lab_->findData(lab->name));
  const bool isOpen = showsWork();
  where_->setText(isOpen ? tr("Your work is in %1").arg(QDir::toNativeSeparators(work_->folder()))
                         : tr("Not begun: Begin makes a folder for your work, Open continues in one."));
  check_->setEnabled(isOpen || work_->checking());
  begin_->setEnabled(lab_->count() > 0);
  tasks_->showWork(isOpen);
  result_->showWork(isOpen);
  showHandout();
  showChecking();
}

// Whether the chosen lab is the one that work is open of.
bool LabPanel::showsWork() const { return work_->lab() != nullptr && work_->lab()->name == lab_->currentData().toString(); }

void LabPanel::pressCheck() {
  if (work_->checking()) return work_->cancel();
  tasks_->keepWhatIsTyped();
  tabs_->setCurrentWidget(result_);
  work_->check();
}

void LabPanel::showChecking() {
  const auto& report = work_->report();
  const bool checking = work_->checking();
  check_->setText(checking ? tr("Cancel") : tr("Check"));
  check_->setAccessibleName(checking ? tr("Cancel the check") : tr("Check the work on this lab"));
  progress_->setVisible(checking);
  points_->setVisible(!checking);
  progress_->setRange(0, report ? static_cast<int>(report->allChecks) : 0);
  progress_->setValue(report ? static_cast<int>(report->checks.size()) : 0);
  QString points;
  if (report && report->mostMilliPoints > 0)
    points = tr("%1 of %2 points").arg(pointsOf(report->milliPoints), pointsOf(report->mostMilliPoints));
  if (report && report->complete && report->mostMilliPoints == 0) points = report->passed ? tr("passed") : tr("not passed yet");
  points_->setText(showsWork() ? points : QString());
}

}  // namespace overcommit::gui

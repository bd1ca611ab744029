// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/handout_panel.h"

#include <QVBoxLayout>

#include "gui/session/handouts.h"

namespace overcommit::gui {

HandoutPanel::HandoutPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("handout"), tr("Handout"), Pace::Quarter), lab_(new QComboBox(this)), text_(new QTextBrowser(this)) {
  lab_->setObjectName(QStringLiteral("handoutLab"));
  lab_->setAccessibleName(tr("Which lab"));
  lab_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  lab_->setMinimumContentsLength(16);
  text_->setObjectName(QStringLiteral("handoutText"));
  text_->setAccessibleName(tr("The handout"));
  text_->setFrameShape(QFrame::NoFrame);
  text_->setOpenExternalLinks(false);
  text_->setMinimumSize(160, 60);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(8, 4, 0, 0);
  column->addWidget(lab_);
  column->addWidget(text_, 1);
  setFocusProxy(text_);
  for (const Handout& handout : handoutsIn(labsFolder())) lab_->addItem(handout.title, handout.path);
  lab_->setVisible(lab_->count() > 0);
  connect(lab_, &QComboBox::activated, this, &HandoutPanel::showHandout);
}

void HandoutPanel::rebuild() {
  lab_->setFont(theme().font(FontRole::Body));
  text_->setFont(theme().font(FontRole::Body));
  text_->document()->setDocumentMargin(theme().px(8));
  // The lab that the run's scenario belongs to.
  if (run() != nullptr) {
    const int at = lab_->findData(handoutOf(QString::fromStdString(run()->header().scenarioName), labsFolder()));
    if (at >= 0) lab_->setCurrentIndex(at);
  }
  showHandout();
}

void HandoutPanel::showHandout() {
  const QString path = lab_->currentData().toString();
  if (path.isEmpty())
    return text_->setPlainText(tr("No lab with a handout is installed: they are the folders labs/lab-… with a file handout.md."));
  text_->setSource(QUrl::fromLocalFile(path), QTextDocument::MarkdownResource);
}

}  // namespace overcommit::gui

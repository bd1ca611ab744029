// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/inspector_panel.h"

#include <QHBoxLayout>
#include <QScrollBar>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/models/inspector_text.h"
#include "gui/panels/contents_page.h"
#include "gui/panels/walk_page.h"
#include "gui/session/text.h"

namespace overcommit::gui {

InspectorPanel::InspectorPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("inspector"), tr("Inspector"), Pace::Quarter),
      text_(new QTextBrowser(this)),
      tabs_(new QTabWidget(this)),
      contents_(new ContentsPage(theme(), link())),
      walk_(new WalkPage(theme(), link())),
      pastRow_(makePastRow()) {
  text_->setObjectName(QStringLiteral("inspectorText"));
  text_->setAccessibleName(tr("What is selected: place, history and why"));
  text_->setOpenLinks(false);
  text_->setFrameShape(QFrame::NoFrame);
  text_->setMinimumHeight(40);
  text_->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
  connect(text_, &QTextBrowser::anchorClicked, this, &InspectorPanel::follow);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  tabs_->setObjectName(QStringLiteral("inspectorTabs"));
  tabs_->setAccessibleName(tr("What to know of it"));
  tabs_->setDocumentMode(true);
  tabs_->setMinimumHeight(40);
  tabs_->addTab(text_, tr("Why"));
  tabs_->addTab(contents_, tr("Contents"));
  tabs_->addTab(walk_, tr("Walk"));
  column->addWidget(tabs_, 1);
  column->addWidget(pastRow_);
  setFocusProxy(tabs_);
  pastRow_->hide();
  connect(&link(), &EngineLink::liveChanged, contents_, &ContentsPage::renew);
  connect(&link(), &EngineLink::pastProgress, this, [this](VirtualTime now, VirtualTime until) {
    constexpr int kSteps = 1000;
    pastWhat_->setText(tr("Executing again: %1").arg(clockText(now)));
    pastBar_->setRange(0, kSteps);
    pastBar_->setValue(static_cast<int>(std::min<std::uint64_t>(now.value() / std::max<std::uint64_t>(until.value() / kSteps, 1), kSteps)));
    pastRow_->show();
  });
  connect(&link(), &EngineLink::pastSettled, pastRow_, &QWidget::hide);
}

// How far a second engine is that executes the past again.
QWidget* InspectorPanel::makePastRow() {
  auto* row = new QWidget(this);
  row->setObjectName(QStringLiteral("pastRow"));
  pastWhat_ = new QLabel(row);
  pastWhat_->setObjectName(QStringLiteral("pastWhat"));
  pastBar_ = new QProgressBar(row);
  pastBar_->setObjectName(QStringLiteral("pastProgress"));
  pastBar_->setAccessibleName(tr("How far the run is executed again"));
  pastBar_->setTextVisible(false);
  auto* cancel = new QPushButton(tr("Cancel"), row);
  cancel->setObjectName(QStringLiteral("pastCancel"));
  cancel->setAccessibleName(tr("Do not execute the run again"));
  connect(cancel, &QPushButton::clicked, &link(), &EngineLink::cancelPast);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(8, 4, 8, 4);
  layout->addWidget(pastWhat_);
  layout->addWidget(pastBar_, 1);
  layout->addWidget(cancel);
  return row;
}

void InspectorPanel::rebuild() {
  if (asked_ != run()) {
    asked_ = run();
    story_.reset();
    contents_->setRun(run());
    walk_->setRun(run());
    if (run() != nullptr) {
      connect(&run()->inquiry(), &Inquiry::pageAnswered, this, [this](const std::shared_ptr<const PageStory>& story) {
        if (run() == nullptr) return;
        story_ = story;
        show();
      });
    }
  }
  text_->setFont(theme().font(FontRole::Body));
  text_->document()->setDocumentMargin(theme().px(10));
  text_->document()->setDefaultStyleSheet(QStringLiteral("a { color: %1; text-decoration: none; } h3 { font-size: %2px; } h4 { font-size: "
                                                         "%3px; margin-top: 10px; margin-bottom: 2px; } li { margin-bottom: 5px; }")
                                              .arg(theme().colour(Hue::Accent).name())
                                              .arg(theme().px(16))
                                              .arg(theme().px(13)));
  shown_.clear();
  tabs_->setFont(theme().font(FontRole::Body));
  contents_->restyle();
  walk_->restyle();
  ask();
  show();
  contents_->renew();
  walk_->renew();
}

void InspectorPanel::ask() {
  if (run() == nullptr) return;
  const Subject& subject = run()->selection().subject();
  if (subject.vm && subject.gfn && seesMachine(options().seat()))
    run()->inquiry().askPage(*subject.vm, *subject.gfn, run()->playback().sequence());
}

void InspectorPanel::show() {
  if (run() == nullptr) {
    text_->setPlainText(tr("Open a run to look into it."));
    return;
  }
  const Subject& subject = run()->selection().subject();
  const bool fits = story_ && subject.vm == story_->why.vm && subject.gfn == story_->why.gfn;
  const QString html = inspectorHtml(run()->world(), run()->header(), subject, options().seat(), fits ? story_.get() : nullptr);
  if (html == shown_) return;
  shown_ = html;
  const int at = text_->verticalScrollBar()->value();
  text_->setHtml(html);
  text_->verticalScrollBar()->setValue(at);
}

void InspectorPanel::refresh(Motion) {
  ask();
  show();
  contents_->renew();
  walk_->renew();
}

void InspectorPanel::settled() { contents_->renew(); }

void InspectorPanel::selectionChanged() {
  text_->verticalScrollBar()->setValue(0);
  ask();
  show();
  contents_->renew();
  walk_->renew();
}

void InspectorPanel::follow(const QUrl& link) {
  if (run() == nullptr) return;
  const auto meant = inspectorLink(link.toString());
  if (!meant) return;
  if (meant->event) {
    run()->playback().stop();
    run()->playback().seekEvent(*meant->event);
    Q_EMIT said(tr("Event %1").arg(grouped(*meant->event)));
  } else {
    run()->selection().select(meant->subject);
  }
}

}  // namespace overcommit::gui

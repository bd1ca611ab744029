// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/inspector_panel.h"

#include <QScrollBar>
#include <QVBoxLayout>

#include "gui/models/inspector_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {

InspectorPanel::InspectorPanel(const PanelContext& context)
    : Panel(context, QStringLiteral("inspector"), tr("Inspector"), Pace::Quarter), text_(new QTextBrowser(this)) {
  text_->setObjectName(QStringLiteral("inspectorText"));
  text_->setAccessibleName(tr("What is selected: place, history and why"));
  text_->setOpenLinks(false);
  text_->setFrameShape(QFrame::NoFrame);
  text_->setMinimumHeight(40);
  text_->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::TextSelectableByKeyboard);
  connect(text_, &QTextBrowser::anchorClicked, this, &InspectorPanel::follow);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(text_);
  setFocusProxy(text_);
}

void InspectorPanel::rebuild() {
  if (asked_ != run()) {
    asked_ = run();
    story_.reset();
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
  ask();
  show();
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
}

void InspectorPanel::selectionChanged() {
  text_->verticalScrollBar()->setValue(0);
  ask();
  show();
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

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/panels/panel.h"

#include <QLabel>
#include <QScrollArea>

namespace overcommit::gui {
namespace {

constexpr int kQuarterMilliseconds = 250;

}  // namespace

Panel::Panel(const PanelContext& context, const QString& objectName, const QString& accessibleName, Pace pace, Knowledge knowledge)
    : context_(context), pace_(pace), knowledge_(knowledge) {
  setObjectName(objectName);
  setAccessibleName(accessibleName);
  later_.setSingleShot(true);
  connect(&later_, &QTimer::timeout, this, [this] {
    if (run_ == nullptr || !isVisible()) return;
    last_.start();
    refresh(Motion::Played);
  });
  const auto changed = [this] {
    cover();
    if (isVisible())
      rebuild();
    else
      stale_ = true;
  };
  connect(&context_.theme, &Theme::changed, this, changed);
  connect(&context_.options, &ViewOptions::changed, this, changed);
}

void Panel::setRun(Run* run) {
  if (run_ != nullptr) {
    disconnect(run_, nullptr, this, nullptr);
    disconnect(&run_->playback(), nullptr, this, nullptr);
    disconnect(&run_->selection(), nullptr, this, nullptr);
  }
  run_ = run;
  later_.stop();
  if (run_ != nullptr) {
    connect(&run_->playback(), &Playback::moved, this, &Panel::onMoved);
    connect(&run_->playback(), &Playback::playingChanged, this, [this] {
      if (isVisible() && !run_->playback().playing()) settled();
    });
    connect(&run_->playback(), &Playback::grown, this, [this] {
      if (isVisible()) historyGrew();
    });
    connect(run_, &Run::historyGrew, this, [this] {
      if (isVisible()) historyGrew();
    });
    connect(&run_->selection(), &Selection::changed, this, [this] {
      if (isVisible())
        selectionChanged();
      else
        stale_ = true;
    });
  }
  stale_ = true;
  if (isVisible() || run_ == nullptr) {
    stale_ = false;
    rebuild();
  }
}

void Panel::onMoved(Motion motion) {
  if (!isVisible()) {
    stale_ = true;
    return;
  }
  if (pace_ == Pace::Quarter && motion == Motion::Played && run_->playback().playing()) {
    if (last_.isValid() && last_.elapsed() < kQuarterMilliseconds) {
      if (!later_.isActive()) later_.start(kQuarterMilliseconds - static_cast<int>(last_.elapsed()));
      return;
    }
    last_.start();
  }
  refresh(motion);
}

QWidget* Panel::scrolling(QWidget* picture, const QString& objectName, const QString& accessibleName, int minimumHeight) {
  auto* scroll = new QScrollArea(this);
  scroll->setObjectName(objectName);
  scroll->setAccessibleName(accessibleName);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setMinimumHeight(minimumHeight);
  scroll->setWidget(picture);
  return scroll;
}

void Panel::showsWhatMade(const Picture& picture) {
  connect(&picture, &Picture::figureChosen, this, [this](const Figure& figure) {
    if (!figure.vm) return eventsWanted(figure.kinds);
    if (run_ != nullptr) run_->selection().selectVm(*figure.vm);
    Q_EMIT vmEventsWanted(figure.kinds, *figure.vm);
  });
}

void Panel::cover() {
  if (known()) {
    if (cover_ != nullptr) cover_->hide();
    return;
  }
  if (cover_ == nullptr) {
    cover_ = new QLabel(this);
    cover_->setObjectName(objectName() + QStringLiteral(".cover"));
    cover_->setAccessibleName(tr("What this seat cannot see"));
    cover_->setWordWrap(true);
    cover_->setAlignment(Qt::AlignCenter);
    cover_->setAutoFillBackground(true);
    cover_->setMargin(12);
  }
  cover_->setFont(theme().font(FontRole::Body));
  cover_->setText(tr("%1 is not to be seen from this seat. %2").arg(accessibleName(), knowledgeOf(options().seat())));
  cover_->setGeometry(rect());
  cover_->raise();
  cover_->show();
}

void Panel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (cover_ != nullptr) cover_->setGeometry(rect());
}

void Panel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  cover();
  if (!stale_) return;
  stale_ = false;
  rebuild();
}

}  // namespace overcommit::gui

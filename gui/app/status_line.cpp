// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/app/status_line.h"

#include <QClipboard>
#include <QGuiApplication>
#include <numeric>

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kPaceMilliseconds = 250;
constexpr int kSaidMilliseconds = 6000;

}  // namespace

StatusLine::StatusLine(Theme& theme, const ViewOptions& options, EngineLink& link)
    : theme_(theme),
      options_(options),
      link_(link),
      laws_(new QLabel(this)),
      engine_(new QLabel(this)),
      trace_(new QLabel(this)),
      digest_(new QToolButton(this)) {
  setObjectName(QStringLiteral("statusLine"));
  setAccessibleName(tr("Status"));
  laws_->setObjectName(QStringLiteral("laws"));
  laws_->setAccessibleName(tr("Conservation: the sum of all frames and of all pages"));
  laws_->setToolTip(
      tr("Two laws: every machine frame has exactly one use, and every page of every VM is in exactly one place.\n"
         "The world is counted anew from the events; an event that broke a law would be refused, and time would stop there."));
  trace_->setObjectName(QStringLiteral("traceState"));
  trace_->setAccessibleName(tr("The trace"));
  // What it says is as long as there is room for.
  laws_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  addWidget(laws_, 1);
  engine_->setObjectName(QStringLiteral("engineState"));
  engine_->setAccessibleName(tr("The engine"));
  addPermanentWidget(engine_);
  digest_->setObjectName(QStringLiteral("digest"));
  digest_->setAccessibleName(tr("Copy the digest of the run"));
  digest_->setAutoRaise(true);
  digest_->hide();
  connect(digest_, &QToolButton::clicked, this, [this] {
    QGuiApplication::clipboard()->setText(wholeDigest_);
    say(tr("The digest %1 is copied.").arg(wholeDigest_));
  });
  addPermanentWidget(trace_);
  addPermanentWidget(digest_);
  connect(&link_, &EngineLink::liveChanged, this, [this] {
    showEngine();
    showTrace();
  });
  setSizeGripEnabled(false);
  setContentsMargins(0, 0, 12, 0);
  later_.setSingleShot(true);
  later_.setInterval(kPaceMilliseconds);
  connect(&later_, &QTimer::timeout, this, &StatusLine::showLaws);
  connect(&theme_, &Theme::changed, this, &StatusLine::restyle);
  connect(&options_, &ViewOptions::changed, this, &StatusLine::showLaws);
  restyle();
}

void StatusLine::restyle() {
  laws_->setFont(theme_.font(FontRole::Small));
  trace_->setFont(theme_.font(FontRole::Small));
  digest_->setFont(theme_.font(FontRole::Small));
  engine_->setFont(theme_.font(FontRole::Small));
  laws_->setContentsMargins(theme_.px(8), 0, 0, 0);
  setFont(theme_.font(FontRole::Small));
}

void StatusLine::setRun(Run* run) {
  if (run_ != nullptr) disconnect(&run_->playback(), nullptr, this, nullptr);
  run_ = run;
  if (run_ != nullptr) {
    connect(&run_->playback(), &Playback::moved, this, [this](Motion motion) {
      if (motion != Motion::Played) {
        showLaws();
        return showTrace();
      }
      if (!later_.isActive()) later_.start();
    });
    connect(&run_->playback(), &Playback::grown, this, &StatusLine::showTrace);
  }
  showLaws();
  showTrace();
  showEngine();
}

void StatusLine::resizeEvent(QResizeEvent* event) {
  QStatusBar::resizeEvent(event);
  if (run_ != nullptr && !later_.isActive()) later_.start();
}

void StatusLine::showEngine() {
  const LiveRun* live = link_.live();
  if (run_ == nullptr) return engine_->clear();
  QString text = tr("recorded");
  if (live != nullptr) {
    switch (live->state()) {
      case LiveRun::State::Starting: text = tr("engine begins"); break;
      case LiveRun::State::Stands: text = tr("live · engine waits"); break;
      case LiveRun::State::Runs: text = tr("live · engine runs"); break;
      case LiveRun::State::Over: text = tr("live · run is over"); break;
      case LiveRun::State::Broken: text = tr("engine: invariant broken"); break;
      case LiveRun::State::Gone: text = tr("engine has gone"); break;
    }
  }
  engine_->setText(text);
  engine_->setVisible(live != nullptr);  // of a recorded trace the label beside it tells enough
  engine_->setToolTip(live == nullptr ? tr("A recorded trace: an engine executes it again only to look into it or to go on in another way.")
                                      : tr("The engine %1, process %2, stands at %3 and writes %4")
                                            .arg(live->engine())
                                            .arg(live->processId())
                                            .arg(clockText(live->now()), live->trace()));
}

void StatusLine::say(const QString& text) { showMessage(text, kSaidMilliseconds); }

void StatusLine::showLaws() {
  if (run_ == nullptr) return laws_->clear();
  const WorldModel& world = run_->world();
  QStringList frames;
  std::uint64_t frameSum = 0;
  for (const FrameUse use : {FrameUse::Private, FrameUse::Shared, FrameUse::ZipStore, FrameUse::Overhead, FrameUse::Free}) {
    frameSum += world.host().at(use);
    frames << QStringLiteral("%1 %2").arg(grouped(world.host().at(use)), nameOfUse(use));
  }
  std::uint64_t pages = 0, pageSum = 0;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId vm(static_cast<std::uint16_t>(i));
    pages += world.memory(vm).value();
    const auto& places = world.vm(vm).pages;
    pageSum = std::accumulate(places.begin(), places.end(), pageSum);
  }
  const bool hold = frameSum == world.hostMemory().value() && pageSum == pages;
  const QString sign = hold ? QStringLiteral("✓") : QStringLiteral("✗");
  if (!seesMachine(options_.seat())) return laws_->setText(tr("%1 what there is of the host cannot be seen from this seat").arg(sign));
  const QString sum = tr("%1 %2 frames = %3").arg(sign, grouped(world.hostMemory().value()), frames.join(QStringLiteral(" + ")));
  const QString all = tr("%1   ·   %2 pages of VMs, each in one place").arg(sum, grouped(pageSum));
  const QString shortly = tr("%1 %2 frames, %3 pages").arg(sign, grouped(world.hostMemory().value()), grouped(pageSum));
  const QFontMetrics metrics(laws_->font());
  const int room = laws_->contentsRect().width();
  const auto fits = [&](const QString& text) { return metrics.horizontalAdvance(text) <= room; };
  laws_->setText(fits(all) ? all : fits(sum) ? sum : shortly);
}

void StatusLine::showTrace() {
  if (run_ == nullptr) {
    digest_->hide();
    return trace_->clear();
  }
  const TraceReader& reader = run_->playback().reader();
  QString text = tr("%1 events").arg(grouped(reader.lastSequence()));
  // A trace has it when it is complete; its engine knows it as soon as the run is over.
  const auto digest = reader.digest();
  const QString ofEngine = link_.live() == nullptr ? QString() : link_.live()->digest();
  wholeDigest_ = digest ? qstring(digest->text()) : ofEngine;
  digest_->setVisible(!wholeDigest_.isEmpty());
  digest_->setText(tr("digest %1…").arg(wholeDigest_.left(8)));
  digest_->setToolTip(tr("%1\nA click copies it.").arg(wholeDigest_));
  if (reader.end() == TraceEnd::Unfinished) text += tr(" · no end yet");
  if (reader.end() == TraceEnd::Damaged) text += tr(" · damaged");
  trace_->setText(text);
  trace_->setToolTip(qstring(reader.endText()));
}

}  // namespace overcommit::gui

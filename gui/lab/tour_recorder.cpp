// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/lab/tour_recorder.h"

#include "gui/models/subject_text.h"
#include "gui/session/text.h"

namespace overcommit::gui {

TourRecorder::TourRecorder(const ViewOptions& options, QObject* parent) : QObject(parent), options_(options), seat_(options.seat()) {
  connect(&options, &ViewOptions::changed, this, [this] {
    if (options_.seat() == seat_) return;
    seat_ = options_.seat();
    noteSeat();
  });
}

void TourRecorder::noteSeat() {
  if (run_ != nullptr) Q_EMIT did({{QStringLiteral("what"), QStringLiteral("seat")}, {QStringLiteral("name"), optionOf(seat_)}});
}

void TourRecorder::watch(Run* run) {
  if (run_ != nullptr) {
    disconnect(run_, nullptr, this, nullptr);
    disconnect(&run_->playback(), nullptr, this, nullptr);
    disconnect(&run_->selection(), nullptr, this, nullptr);
    disconnect(&run_->inquiry(), nullptr, this, nullptr);
  }
  run_ = run;
  if (run == nullptr) return;
  connect(&run->playback(), &Playback::moved, this, [this](Motion motion) {
    if (motion != Motion::Played) noteInstant();
  });
  connect(&run->playback(), &Playback::playingChanged, this, [this] {
    if (!run_->playback().playing()) noteInstant();
  });
  connect(&run->playback(), &Playback::stepped, this, [this](StepKind kind, Direction direction) {
    if (kind == StepKind::Event && direction == Direction::Backwards) Q_EMIT did({{QStringLiteral("what"), QStringLiteral("step-back")}});
  });
  connect(&run->selection(), &Selection::changed, this, &TourRecorder::noteSelection);
  connect(&run->inquiry(), &Inquiry::pageAnswered, this, [this](const std::shared_ptr<const PageStory>& story) {
    Q_EMIT did({{QStringLiteral("what"), QStringLiteral("why")}, {QStringLiteral("place"), placeOf(story->why.vm, story->why.gfn)}});
  });
}

void TourRecorder::noteOpened() {
  if (run_ == nullptr) return;
  Q_EMIT did({{QStringLiteral("what"), QStringLiteral("open")}, {QStringLiteral("title"), qstring(run_->header().title)}});
  noteSeat();  // it may be taken already
}

void TourRecorder::notePanel(const QString& id) {
  if (run_ != nullptr) Q_EMIT did({{QStringLiteral("what"), QStringLiteral("panel")}, {QStringLiteral("name"), id}});
}

void TourRecorder::noteInstant() {
  Q_EMIT did({{QStringLiteral("what"), QStringLiteral("seek")},
              {QStringLiteral("state"), qstring(overcommit::nameOf(run_->world().host().freeState))}});
}

void TourRecorder::noteSelection() {
  const Subject& subject = run_->selection().subject();
  if (!subject.vm || !subject.gfn) return;
  Q_EMIT did({{QStringLiteral("what"), QStringLiteral("select-page")},
              {QStringLiteral("vm"), qstring(run_->world().name(*subject.vm))},
              {QStringLiteral("place"), placeOf(*subject.vm, *subject.gfn)}});
}

QString TourRecorder::placeOf(VmId vm, Gfn gfn) const { return qstring(overcommit::nameOf(run_->world().page(vm, gfn).place)); }

}  // namespace overcommit::gui

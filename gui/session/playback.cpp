// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/playback.h"

#include <algorithm>

#include "gui/session/text.h"

namespace overcommit::gui {
namespace {

constexpr int kFrameMilliseconds = 16;
// After a pause of the machine (a dialog, a laptop's lid) the run does not leap.
constexpr std::chrono::nanoseconds kLongestTick = std::chrono::milliseconds(100);
// How long the fastest speed and a search may hold the window up at once.
constexpr std::int64_t kSliceNanoseconds = 4'000'000;
// A trace that grows with every frame is told of less often: curves and numbers need no more.
constexpr int kGrownMilliseconds = 100;
// How much further an engine is to go than the frame that is shown next, in frames: it computes one while the other is drawn.
constexpr std::uint64_t kFramesAhead = 2;
// As fast as can be: as far as the engine is sent at once.
constexpr VirtualTime kFarAway = seconds(60);

}  // namespace

Result<std::unique_ptr<Playback>> Playback::open(const std::filesystem::path& path) {
  auto reader = TraceReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  return std::unique_ptr<Playback>(new Playback(path, std::move(*reader)));
}

Playback::Playback(std::filesystem::path path, TraceReader reader)
    : path_(std::move(path)), reader_(std::move(reader)), quanta_(reader_), cursor_(reader_) {
  timer_.setInterval(kFrameMilliseconds);
  timer_.setTimerType(Qt::PreciseTimer);
  searchTimer_.setInterval(0);
  grownTimer_.setSingleShot(true);
  grownTimer_.setInterval(kGrownMilliseconds);
  connect(&grownTimer_, &QTimer::timeout, this, &Playback::sayGrown);
  connect(&timer_, &QTimer::timeout, this, &Playback::onTimer);
  connect(&searchTimer_, &QTimer::timeout, this, &Playback::searchOn);
  cursor_.follow();
  seek(VirtualTime(0));
}

VirtualTime Playback::end() const {
  if (known_ > VirtualTime(0)) return std::max(reader_.lastTime(), known_);
  if (reader_.end() == TraceEnd::Complete) return std::max(reader_.lastTime(), header().duration);
  return reader_.lastTime();
}

void Playback::setKnown(VirtualTime known, Supply supply) {
  known_ = std::max(known_, known);
  supply_ = supply;
  lookForMore();
  if (following_ && !playing_) stepToEnd();
}

void Playback::stepToEnd() {
  const auto last = quanta_.lastSequenceAt(end());
  if (!last) return halt(last.error());
  moveTo(*last, end(), Motion::Stepped);
}

VirtualTime Playback::horizon() const { return std::max({end(), header().duration, nanoseconds(1)}); }

void Playback::setSpeed(std::uint64_t speed) {
  if (speed == speed_ || std::ranges::find(kSpeeds, speed) == kSpeeds.end()) return;
  speed_ = speed;
  Q_EMIT speedChanged();
}

void Playback::faster() {
  const auto* at = std::ranges::find(kSpeeds, speed_);
  if (at + 1 < kSpeeds.end()) setSpeed(*(at + 1));
}

void Playback::slower() {
  const auto* at = std::ranges::find(kSpeeds, speed_);
  if (at > kSpeeds.begin()) setSpeed(*(at - 1));
}

void Playback::play(Direction direction) {
  search_.reset();
  searchTimer_.stop();
  direction_ = direction;
  const bool mayGrow = supply_ == Supply::OnDemand || (growing() && known_ == VirtualTime(0));
  if (direction == Direction::Forwards && now_ >= end() && !mayGrow) seek(VirtualTime(0));
  following_ = false;
  playing_ = true;
  wall_.start();
  timer_.start();
  Q_EMIT playingChanged();
}

void Playback::stop() {
  const bool did = playing_ || search_ || stepWhenMore_;
  playing_ = false;
  search_.reset();
  stepWhenMore_.reset();
  timer_.stop();
  searchTimer_.stop();
  if (did) Q_EMIT playingChanged();
}

void Playback::togglePlay() {
  if (playing_ || search_)
    stop();
  else
    play(Direction::Forwards);
}

void Playback::halt(const Error& error) {
  stop();
  Q_EMIT troubled(qstring(error.text));
}

// `now`: nothing means the time of the event.
void Playback::moveTo(std::uint64_t sequence, std::optional<VirtualTime> now, Motion motion) {
  const VirtualTime before = now_;
  const std::uint64_t from = cursor_.sequence();
  if (sequence != from) {
    if (auto sought = cursor_.seekSequence(sequence); !sought) halt(sought.error());
  }
  now_ = now.value_or(cursor_.world().hostTime());
  if (from != cursor_.sequence() || now_ != before) Q_EMIT moved(motion);
}

void Playback::seek(VirtualTime time) {
  following_ = false;
  const VirtualTime to = std::min(time, end());
  const auto last = quanta_.lastSequenceAt(to);
  if (!last) return halt(last.error());
  moveTo(*last, to, Motion::Jumped);
}

void Playback::seekEvent(std::uint64_t sequence) {
  following_ = false;
  moveTo(std::min(sequence, reader_.lastSequence()), std::nullopt, Motion::Jumped);
}

void Playback::step(StepKind kind, Direction direction) {
  following_ = false;
  stop();
  Q_EMIT stepped(kind, direction);
  const bool forwards = direction == Direction::Forwards;
  const bool more = forwards && supply_ == Supply::OnDemand;
  const auto stepLater = [&](const MoreWanted& wanted) {
    stepWhenMore_ = kind;
    wantMore(wanted);
  };
  if (kind == StepKind::Millisecond) {
    const VirtualTime width = milliseconds(1);
    if (more && now_ + width > end()) return stepLater({now_ + width, std::nullopt});
    const VirtualTime to = forwards ? std::min(now_ + width, end()) : now_ - std::min(now_, width);
    const auto last = quanta_.lastSequenceAt(to);
    if (!last) return halt(last.error());
    return moveTo(*last, to, Motion::Stepped);
  }
  if (kind == StepKind::Event) {
    if (more && sequence() >= reader_.lastSequence()) return stepLater({});
    if (forwards && sequence() >= reader_.lastSequence()) return;
    if (!forwards && sequence() == 0) return;
    return moveTo(forwards ? sequence() + 1 : sequence() - 1, std::nullopt, Motion::Stepped);
  }
  const auto kinds = eventsOf(kind);
  EventFilter among;
  among.kinds = kinds;
  runUntil([kinds](const Event& event) { return kinds.test(indexOf(event.kind)); }, direction, nameOf(kind), among);
}

void Playback::runUntil(EventSearch::Wanted wanted, Direction direction, const QString& what, const EventFilter& among) {
  following_ = false;
  stop();
  searchedAmong_ = among;
  search_.emplace(reader_, sequence(), direction, std::move(wanted));
  searchedFor_ = what;
  Q_EMIT playingChanged();
  searchOn();
  if (search_) searchTimer_.start();
}

void Playback::searchOn() {
  QElapsedTimer slice;
  slice.start();
  while (search_ && slice.nsecsElapsed() < kSliceNanoseconds) {
    const auto progress = search_->goOn();
    if (!progress) return halt(progress.error());
    if (*progress == EventSearch::Progress::Searching) continue;
    if (*progress == EventSearch::Progress::Exhausted && search_->direction() == Direction::Forwards && supply_ == Supply::OnDemand) {
      searchTimer_.stop();
      return wantMore({std::nullopt, searchedAmong_});
    }
    const std::uint64_t found = search_->found();
    stop();
    if (*progress == EventSearch::Progress::Exhausted)
      Q_EMIT noted(tr("There is no other \"%1\" in that direction.").arg(searchedFor_));
    else
      moveTo(found, std::nullopt, Motion::Stepped);
  }
}

void Playback::onTimer() {
  const std::chrono::nanoseconds wall(wall_.nsecsElapsed());
  wall_.start();
  tick(std::min(wall, kLongestTick));
}

void Playback::tick(std::chrono::nanoseconds wall) {
  if (!playing_) return;
  if (speed_ == kMostSpeed) return tickMost();
  const auto width = nanoseconds(static_cast<std::uint64_t>(wall.count()) * speed_ / 1000);
  const bool forwards = direction_ == Direction::Forwards;
  if (forwards && supply_ == Supply::OnDemand && now_ + width * kFramesAhead > end()) {
    following_ = true;
    wantMore({now_ + width * kFramesAhead, std::nullopt});
  }
  const VirtualTime to = forwards ? std::min(now_ + width, end()) : now_ - std::min(now_, width);
  const auto last = quanta_.lastSequenceAt(to);
  if (!last) return halt(last.error());
  moveTo(*last, to, Motion::Played);
  const bool there = forwards ? now_ >= end() : now_ == VirtualTime(0);
  if (there) arrive();
}

// At an end that may move playing goes on once it does; where it moves on demand, time goes on.
void Playback::arrive() {
  if (direction_ == Direction::Forwards && supply_ == Supply::OnDemand) return;
  if (direction_ == Direction::Forwards && growing() && known_ == VirtualTime(0))
    timer_.stop();
  else
    stop();
}

// As many quanta as a slice of time allows.
void Playback::tickMost() {
  QElapsedTimer slice;
  slice.start();
  const bool forwards = direction_ == Direction::Forwards;
  std::uint64_t moves = 0;
  const std::uint64_t from = cursor_.sequence();
  if (forwards && supply_ == Supply::OnDemand) {
    following_ = true;
    wantMore({end() + kFarAway, std::nullopt});
  }
  for (;;) {
    const auto moved = forwards ? cursor_.stepForward() : cursor_.stepBack();
    if (!moved) return halt(moved.error());
    if (!*moved) break;
    if ((++moves & 0xff) == 0 && slice.nsecsElapsed() > kSliceNanoseconds) break;
  }
  VirtualTime to = cursor_.world().hostTime();
  const bool there = forwards ? cursor_.sequence() >= reader_.lastSequence() : cursor_.sequence() == 0;
  if (there) to = forwards ? end() : VirtualTime(0);
  const auto last = quanta_.lastSequenceAt(to);
  if (!last) return halt(last.error());
  if (auto sought = cursor_.seekSequence(*last); !sought) return halt(sought.error());
  const bool changed = from != cursor_.sequence() || now_ != to;
  now_ = to;
  if (changed) Q_EMIT moved(Motion::Played);
  if (there) arrive();
}

void Playback::wantMore(const MoreWanted& more) { Q_EMIT moreWanted(more); }

void Playback::lookForMore() {
  const auto found = reader_.refresh();
  if (!found) return halt(found.error());
  if (playing_ && !timer_.isActive()) {
    if (growing() || now_ < end()) {
      wall_.start();
      timer_.start();
    } else {
      stop();
    }
  }
  if (search_ && !searchTimer_.isActive()) searchTimer_.start();
  if (stepWhenMore_) {
    const StepKind kind = *stepWhenMore_;
    const bool enough = kind == StepKind::Millisecond ? now_ + milliseconds(1) <= end() : sequence() < reader_.lastSequence();
    if (enough || supply_ == Supply::None) step(kind, Direction::Forwards);
  }
  if (!sinceGrown_.isValid() || sinceGrown_.elapsed() >= kGrownMilliseconds)
    sayGrown();
  else if (!grownTimer_.isActive())
    grownTimer_.start();
}

void Playback::sayGrown() {
  sinceGrown_.start();
  Q_EMIT grown();
}

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "gui/session/event_search.h"
#include "gui/session/quantum_index.h"
#include "gui/session/speed.h"
#include "gui/session/step.h"
#include "trace/event_filter.h"
#include "trace/trace_cursor.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {

// How the instant on the screen came to be another one. Only what played or was stepped is shown as a change.
enum class Motion : std::uint8_t { Played, Stepped, Jumped };

// How far an engine is to go on: to a time, or until something has happened that may be what is looked for, whichever comes first. Neither:
// until anything has happened.
struct MoreWanted {
  std::optional<VirtualTime> time;
  std::optional<EventFilter> event;
};

// A trace and an instant of it: everything on the screen shows this instant. Plays both ways at any speed, steps, and jumps. A trace that
// still grows is the same thing with an end that moves. Where an engine writes it at our pace, it says what it wants more of.
class Playback final : public QObject {
  Q_OBJECT
 public:
  // At the beginning: after what happened at time 0.
  static Result<std::unique_ptr<Playback>> open(const std::filesystem::path& path);

  [[nodiscard]] const TraceReader& reader() const { return reader_; }
  [[nodiscard]] const TraceHeader& header() const { return reader_.header(); }
  [[nodiscard]] const WorldModel& world() const { return cursor_.world(); }
  // Which cells of the world changed since this was last called, in exchange for what `last` held.
  void takeChanges(WorldChanges& last) { cursor_.takeChanges(last); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::uint64_t sequence() const { return cursor_.sequence(); }
  // The instant on the screen; the world is the one after event sequence(), none of which is later.
  [[nodiscard]] VirtualTime now() const { return now_; }
  // As far as the trace is known: the whole duration of a run that ended well.
  [[nodiscard]] VirtualTime end() const;
  // Where the timeline ends: the end, or how long the run is to become.
  [[nodiscard]] VirtualTime horizon() const;
  [[nodiscard]] bool growing() const { return reader_.end() == TraceEnd::Unfinished; }

  // Whether somebody makes the trace longer when more of it is wanted.
  enum class Supply : std::uint8_t { None, OnDemand };
  // All that happened up to `known` is in the trace: nothing may have. Looks for it.
  void setKnown(VirtualTime known, Supply supply);
  [[nodiscard]] Supply supply() const { return supply_; }
  // Whether the instant is the last that is known.
  [[nodiscard]] bool atEnd() const { return now_ >= end() && sequence() >= reader_.lastSequence(); }
  // It plays at the end of what is known, as more becomes known.
  [[nodiscard]] bool playsAtTheEnd() const { return playing_ && following_; }
  // Goes there, as after a step: what has changed since is shown.
  void stepToEnd();

  [[nodiscard]] bool playing() const { return playing_; }
  [[nodiscard]] bool searching() const { return search_.has_value(); }
  [[nodiscard]] Direction direction() const { return direction_; }
  [[nodiscard]] std::uint64_t speed() const { return speed_; }
  void setSpeed(std::uint64_t speed);  // one of kSpeeds
  void faster();
  void slower();

  void play(Direction direction = Direction::Forwards);
  // Whatever goes on ends: playing, or a search.
  void stop();
  void togglePlay();

  void seek(VirtualTime time);
  void seekEvent(std::uint64_t sequence);
  void step(StepKind kind, Direction direction);
  // Goes on to the next event that is wanted, and stops there; says so if there is none.
  // `among`: no other events are wanted; an engine goes on to the next of these.
  void runUntil(EventSearch::Wanted wanted, Direction direction, const QString& what, const EventFilter& among = {});

  // Plays on as if so much time had passed on the wall. The timer calls it; so do tests and the benchmark.
  void tick(std::chrono::nanoseconds wall);
  // Looks for what was written to the trace since.
  void lookForMore();

 Q_SIGNALS:
  void moved(overcommit::gui::Motion motion);
  // A step was asked for.
  void stepped(overcommit::gui::StepKind kind, overcommit::gui::Direction direction);
  void playingChanged();
  void speedChanged();
  void grown();
  // Of a trace that grows on demand: the engine is to go on. It stops when it has, or when `playingChanged` says that nothing goes on here.
  void moreWanted(const overcommit::gui::MoreWanted& more);
  // What could not be done, for the person: a sentence.
  void troubled(const QString& text);
  // What was looked for is not there.
  void noted(const QString& text);

 private:
  Playback(std::filesystem::path path, TraceReader reader);
  void moveTo(std::uint64_t sequence, std::optional<VirtualTime> now, Motion motion);
  void searchOn();
  void halt(const Error& error);
  void onTimer();
  void tickMost();
  void arrive();
  void wantMore(const MoreWanted& more);
  void sayGrown();

  std::filesystem::path path_;
  TraceReader reader_;
  QuantumIndex quanta_;
  TraceCursor cursor_;
  VirtualTime now_;
  VirtualTime known_;
  Supply supply_ = Supply::None;
  bool following_ = false;                // played up to the end of what is known: what was wanted of it is still shown
  std::optional<StepKind> stepWhenMore_;  // a step that needs more of the trace
  std::uint64_t speed_ = kSpeeds[kNormalSpeed];
  Direction direction_ = Direction::Forwards;
  bool playing_ = false;
  std::optional<EventSearch> search_;
  QString searchedFor_;
  EventFilter searchedAmong_;
  QTimer timer_;
  QTimer searchTimer_;
  QTimer grownTimer_;
  QElapsedTimer sinceGrown_;
  QElapsedTimer wall_;
};

}  // namespace overcommit::gui

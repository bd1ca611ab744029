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
#include "trace/trace_cursor.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {

// How the instant on the screen came to be another one. Only what played or was stepped is shown as a change.
enum class Motion : std::uint8_t { Played, Stepped, Jumped };

// A trace and an instant of it: everything on the screen shows this instant. Plays both ways at any speed, steps, and jumps. A trace that
// still grows is the same thing with an end that moves.
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
  void runUntil(EventSearch::Wanted wanted, Direction direction, const QString& what);

  // Plays on as if so much time had passed on the wall. The timer calls it; so do tests and the benchmark.
  void tick(std::chrono::nanoseconds wall);
  // Looks for what was written to the trace since.
  void lookForMore();

 Q_SIGNALS:
  void moved(overcommit::gui::Motion motion);
  void playingChanged();
  void speedChanged();
  void grown();
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

  std::filesystem::path path_;
  TraceReader reader_;
  QuantumIndex quanta_;
  TraceCursor cursor_;
  VirtualTime now_;
  std::uint64_t speed_ = kSpeeds[kNormalSpeed];
  Direction direction_ = Direction::Forwards;
  bool playing_ = false;
  std::optional<EventSearch> search_;
  QString searchedFor_;
  QTimer timer_;
  QTimer searchTimer_;
  QElapsedTimer wall_;
};

}  // namespace overcommit::gui

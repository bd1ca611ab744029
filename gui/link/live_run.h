// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QJsonArray>
#include <QObject>
#include <vector>

#include "gui/link/engine_process.h"
#include "gui/session/playback.h"

namespace overcommit::gui {

// What a person changed of a run while it went on, and how it can be taken back.
struct LoggedChange {
  VirtualTime time;
  QString text;      // the [[at]] entry of a scenario that says the same, in a line
  QString before;    // what it was before, in words; empty: nobody knows
  QJsonObject undo;  // the params of `set` that take it back; empty: it cannot be
};

// A run that an engine of ours executes while the window shows it. The engine writes a trace into a file, which is opened as any other
// trace; this paces the engine, so that it is never further than two frames before the picture, carries changes to it, and says how it
// fares. The run outlives its engine: when that has gone the trace is still there.
class LiveRun final : public QObject {
  Q_OBJECT
 public:
  enum class State : std::uint8_t {
    Starting,  // the scenario is being read, or the run executed up to where it branches off
    Stands,    // waits for us
    Runs,
    Over,    // the run has ended; what is there can still be looked at
    Broken,  // an invariant of the engine broke: it can be looked at, and nothing else
    Gone,    // the engine has ended
  };

  LiveRun(const QString& engine, QString trace, QObject* parent = nullptr);

  // `params`: those of `open`, without `trace`. Says ready() or failed() later.
  void open(QJsonObject params);
  // From now on the engine goes on as `playback`, which shows our trace, wants it to.
  void follow(Playback& playback);
  // Executes up to there, whatever is shown; says stateChanged() when it is there. Follow first.
  void advanceTo(VirtualTime time);
  // Stops whatever it is at. Pressing stop always gets here.
  void pause();
  // The params of `set`. `before` and `undo`: for the log.
  using Changed = std::function<void(const QString& trouble)>;
  void change(const QJsonObject& params, const QString& before, const QJsonObject& undo, const Changed& changed);
  // Takes the last change back that can be, as another change.
  void undo(std::size_t index, const Changed& changed);
  // A question that changes nothing: inspect, walk, vms, metrics, initialize, save.
  void ask(const QString& method, const QJsonObject& params, EngineProcess::Answered answered);
  // Ends the engine beside us and then this.
  void retire();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool answers() const { return state_ != State::Starting && state_ != State::Gone; }
  [[nodiscard]] bool goesOn() const { return state_ == State::Stands || state_ == State::Runs; }
  // Where the engine stands, in virtual time.
  [[nodiscard]] VirtualTime now() const { return now_; }
  [[nodiscard]] const QString& trace() const { return trace_; }
  // Of the run that is over; empty as long as it is not.
  [[nodiscard]] const QString& digest() const { return digest_; }
  [[nodiscard]] const std::vector<LoggedChange>& changes() const { return changes_; }
  [[nodiscard]] const QString& engine() const { return engine_; }
  [[nodiscard]] qint64 processId() const { return process_.processId(); }

 Q_SIGNALS:
  // The trace can be opened; nothing runs yet.
  void ready();
  // While a run is executed up to where it branches off.
  void preparing(overcommit::VirtualTime now);
  // There will be no run: why, and what to do.
  void failed(const QString& why);
  void stateChanged();
  void changesChanged();
  // Something went wrong, or is worth knowing: a sentence.
  void troubled(const QString& text);
  void said(const QString& text);

 private:
  void opened(const QJsonObject& result);
  void onNotified(const QString& method, const QJsonObject& params);
  void onStopped(const QJsonObject& params);
  void reached(const QJsonObject& params);
  void advance(const MoreWanted& more);
  void setState(State state);
  void supply();

  QString engine_, trace_, digest_;
  EngineProcess process_;
  Playback* playback_ = nullptr;
  State state_ = State::Starting;
  VirtualTime now_;
  VirtualTime target_;       // of the advance that is going on
  bool targetOnly_ = false;  // that it has a time, and nothing else
  bool pausing_ = false;     // it was told to stop since
  int advances_ = 0;         // that have not stopped yet
  std::vector<LoggedChange> changes_;
};

// A change as one line, "web1: limit = \"32 MiB\"", of the text of an [[at]] entry.
QString changeInALine(const QString& atEntry);

}  // namespace overcommit::gui

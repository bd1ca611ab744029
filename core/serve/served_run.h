// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenario/scenario_run.h"
#include "serve/live_trace.h"
#include "serve/scenario_source.h"
#include "serve/stop_conditions.h"
#include "serve/subscriptions.h"

namespace overcommit {

// What this machine provides for a run.
using SurroundingsFor = std::function<Result<HostSurroundings>(const RunConfig&)>;

// A scenario that is run at a client's pace, with all that listens to it: the trace, what an `advance` waits for, subscriptions. However it
// is paced, looked at and traced, its digest is that of `overcommit run`.
class ServedRun final {
 public:
  // The parameters of `open`. The VMs that start at 0 are on; nothing has run.
  static Answer<std::unique_ptr<ServedRun>> open(Params& params, const SurroundingsFor& surroundings);

  [[nodiscard]] const ScenarioRun& run() const { return *run_; }
  [[nodiscard]] const Host& host() const { return run_->host(); }
  [[nodiscard]] const EventLog& log() const { return log_; }
  [[nodiscard]] const TraceHeader& header() const { return header_; }
  [[nodiscard]] LiveTrace* trace() { return trace_.get(); }
  [[nodiscard]] const std::string& tracePath() const { return tracePath_; }
  [[nodiscard]] StopWatch& watch() { return watch_; }
  [[nodiscard]] Subscriptions& subscriptions() { return *subscriptions_; }
  [[nodiscard]] std::vector<Event> takeCrashes() { return std::exchange(crashes_.events, {}); }

  // One quantum. False: the run is over; message() says more if the host refused an action of the scenario.
  bool runQuantum();
  [[nodiscard]] const std::string& message() const { return message_; }

  // What a client asks for, as `set` has it. Returns the [[at]] entries that say the same.
  Answer<std::vector<std::string>> change(const ReceivedJson& change);

  // The scenario with all changes so far, for a file in `directory`; empty: for nowhere in particular.
  [[nodiscard]] Result<std::string> saved(const std::filesystem::path& directory) const;
  // The file that it came from, "" if none.
  [[nodiscard]] const std::string& scenarioPath() const { return scenarioPath_; }

  // Ends the run where it is, and its trace.
  RunSnapshot finish();

 private:
  struct Crashes final : EventListener {
    void onEvent(const Event& event) override {
      if (event.kind == EventKind::Crash) events.push_back(event);
    }
    std::vector<Event> events;
  };
  explicit ServedRun(ScenarioSource source) : source_(std::move(source)) {}

  ScenarioSource source_;  // its scenario has been moved to the run
  std::string scenarioPath_, tracePath_, message_;
  TraceHeader header_;
  std::unique_ptr<LiveTrace> trace_;
  StopWatch watch_;
  Crashes crashes_;
  std::optional<Subscriptions> subscriptions_;
  EventLog log_;
  std::unique_ptr<ScenarioRun> run_;  // last: it uses everything above
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/host.h"
#include "scenario/run_snapshot.h"
#include "scenario/scenario_file.h"

namespace overcommit {

// Who wants to look at the host between quanta: a progress line, a table of samples, a live view. Looking changes nothing.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void onQuantum(const Host& host) = 0;
};

// A scenario being run: drives a Host along the scenario's timeline, judges its expectations, and says how it ended.
//
// At every boundary between quanta, in this order: the expectations see the state that the last quantum left; then marks and actions
// whose time has come take effect, those of equal time in the order of the file. Times round up to a boundary. Where a caller
// stops to look has no influence on the run: advance(T) in any number of steps gives the same digest.
class ScenarioRun {
 public:
  // Nothing runs yet: a trace can be attached to the log (Host::traceHeader) before start(). Errors: those of Host::create.
  static Result<std::unique_ptr<ScenarioRun>> create(Scenario scenario, HostSurroundings surroundings, EventLog& log);

  // Call once, before advance(): powers on the VMs that start at 0. An error is the run's: a malformed kernel, no memory.
  Result<void> start();

  // Observers outlive the run.
  void addObserver(RunObserver& observer) { observers_.push_back(&observer); }

  // Runs whole quanta until now() has reached `until` or the run is over. The error is that of an action that the host refused:
  // the run is over then.
  Result<void> advance(VirtualTime until);
  // What a person asks for between two calls of advance(): takes effect at once, after all that the scenario has for now(), or, if its
  // time is still to come, then. The trace gets a Change event for it, and a scenario with the changes() appended gives the same digest. The error is
  // the host's, or that the run is over; the run goes on, and a refusal that left something behind counts as a change too. A run
  // that ended because all VMs are off goes on with it.
  Result<void> change(TimedAction action);
  // What was changed so far, in order.
  [[nodiscard]] const std::vector<TimedAction>& changes() const { return changes_; }
  // Why no quantum will run any more; nothing while one will.
  [[nodiscard]] std::optional<RunEnding> ending() const { return ending_; }

  // Ends the run where it is: judges what is left, takes the final figures, powers everything off. Call once.
  RunSnapshot finish();

  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const Host& host() const { return *host_; }
  [[nodiscard]] Host& host() { return *host_; }
  [[nodiscard]] VirtualTime now() const { return host_->now(); }
  [[nodiscard]] const std::vector<ExpectationJudge>& judges() const { return judges_; }

 private:
  ScenarioRun(Scenario scenario, std::unique_ptr<Host> host, EventLog& log);

  Result<void> applyDue();
  void recordRefused(const TimedAction& action, const Error& why);
  void keep(const TimedAction& action);
  void judge();
  void record(const ExpectationJudge& judge);
  // The end of the next stretch: the first boundary at which something of the scenario is due, or `until`.
  [[nodiscard]] VirtualTime nextStop(VirtualTime until) const;
  [[nodiscard]] VirtualTime roundedUp(VirtualTime time) const;

  Scenario scenario_;
  std::unique_ptr<Host> host_;
  EventLog& log_;
  std::vector<RunObserver*> observers_;
  std::vector<ExpectationJudge> judges_;
  std::vector<AskRecorder> asks_;
  std::size_t nextAction_ = 0;
  std::size_t nextMark_ = 0;
  std::vector<TimedAction> changes_;
  std::optional<RunEnding> ending_;
  bool started_ = false;
};

}  // namespace overcommit

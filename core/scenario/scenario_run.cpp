// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/scenario_run.h"

#include <algorithm>

#include "host/virtual_machine.h"
#include "scenario/timeline_section.h"

namespace overcommit {
namespace {

// What the error of a refused action is about.
std::string nameOfTarget(const RunConfig& config, const TimedAction& action) {
  return action.vm ? config.vms[*action.vm].name : "the host";
}

}  // namespace

ScenarioRun::ScenarioRun(Scenario scenario, std::unique_ptr<Host> host, EventLog& log)
    : scenario_(std::move(scenario)), host_(std::move(host)), log_(log) {
  for (const Expectation& expectation : scenario_.expectations) judges_.emplace_back(expectation);
  for (const Ask& ask : scenario_.asks) asks_.emplace_back(ask, scenario_.config);
}

Result<std::unique_ptr<ScenarioRun>> ScenarioRun::create(Scenario scenario, HostSurroundings surroundings, EventLog& log) {
  auto host = Host::create(scenario.config, std::move(surroundings), log);
  if (!host) return tl::unexpected(host.error());
  return std::unique_ptr<ScenarioRun>(new ScenarioRun(std::move(scenario), std::move(*host), log));
}

VirtualTime ScenarioRun::roundedUp(VirtualTime time) const {
  const std::uint64_t quantum = host_->quantum().value();
  const std::uint64_t quanta = time.value() / quantum + (time.value() % quantum == 0 ? 0 : 1);
  return std::min(VirtualTime(quanta * quantum), scenario_.config.duration);
}

VirtualTime ScenarioRun::nextStop(VirtualTime until) const {
  const RunConfig& config = scenario_.config;
  VirtualTime stop = roundedUp(until);
  const auto consider = [&](VirtualTime time) {
    if (time > now()) stop = std::min(stop, roundedUp(time));
  };
  if (nextAction_ < config.actions.size()) consider(config.actions[nextAction_].time);
  if (nextMark_ < config.marks.size()) consider(config.marks[nextMark_].time);
  for (const ExpectationJudge& judge : judges_) {
    if (!judge.decided() && judge.expectation().when == Expectation::When::AtTime) consider(judge.expectation().time);
  }
  for (const AskRecorder& ask : asks_) {
    for (const VirtualTime time : {ask.ask().time, ask.ask().about}) consider(time);
  }
  return stop;
}

void ScenarioRun::record(const ExpectationJudge& judge) {
  Event event;
  event.kind = EventKind::Expectation;
  event.vmTime = now();
  event.values[0] = judge.verdict().holds() ? 1 : 0;
  event.text = judge.expectation().metric + ": " + judge.expectation().wanted();
  log_.record(std::move(event));
}

void ScenarioRun::judge() {
  for (ExpectationJudge& judge : judges_) {
    if (!judge.wantsValue(now())) continue;
    judge.see(now(), readMetric(*host_, judge.expectation().reference));
    if (judge.decided()) record(judge);
  }
  for (AskRecorder& ask : asks_) {
    if (!ask.see(*host_)) continue;
    Event event;
    event.kind = EventKind::Mark;
    event.vmTime = now();
    event.text = fmt::format("question {}: {}", ask.ask().id, ask.asked().text).substr(0, kEventTextMax);
    log_.record(std::move(event));
  }
}

Result<void> ScenarioRun::applyDue() {
  const RunConfig& config = scenario_.config;
  log_.setHostTime(now());
  for (; nextMark_ < config.marks.size() && config.marks[nextMark_].time <= now(); ++nextMark_) {
    Event event;
    event.kind = EventKind::Mark;
    event.vmTime = now();
    event.text = config.marks[nextMark_].text;
    log_.record(std::move(event));
  }
  for (; nextAction_ < config.actions.size() && config.actions[nextAction_].time <= now(); ++nextAction_) {
    const TimedAction& action = config.actions[nextAction_];
    const auto applied = host_->apply(action);
    if (applied) continue;
    if (action.ifRefused == IfRefused::RunGoesOn) {
      recordRefused(action, applied.error());
      continue;
    }
    ending_ = RunEnding::ActionRefused;
    return failure("{}: the action at {} on {} failed: {}", scenario_.fileName, formatValue(action.time.value(), MetricUnit::Time),
                   nameOfTarget(config, action), applied.error().text);
  }
  return {};
}

void ScenarioRun::recordRefused(const TimedAction& action, const Error& why) {
  Event event;
  event.kind = EventKind::Fault;
  if (action.vm) event.vm = host_->vms()[*action.vm]->id();
  event.vmTime = now();
  event.text = why.text.substr(0, kEventTextMax);
  log_.record(std::move(event));
}

void ScenarioRun::keep(const TimedAction& action) {
  Event event;
  event.kind = EventKind::Change;
  event.vmTime = now();
  event.text = actionText(action, scenario_.config.vms);
  log_.record(std::move(event));
  changes_.push_back(action);
}

Result<void> ScenarioRun::change(TimedAction action) {
  invariant(started_, "a run is started before it is changed");
  std::vector<TimedAction>& actions = scenario_.config.actions;
  if (ending_ && ending_ != RunEnding::AllOff) return failure("the run is over: nothing can be changed any more");
  if (action.time < now())
    return failure("{} is in the past: the run is at {}", formatTime(action.time), formatValue(now().value(), MetricUnit::Time));
  if (action.time > now()) {
    const auto later = std::upper_bound(actions.begin() + static_cast<std::ptrdiff_t>(nextAction_), actions.end(), action.time,
                                        [](VirtualTime time, const TimedAction& other) { return time < other.time; });
    log_.setHostTime(now());
    keep(action);
    actions.insert(later, std::move(action));
    ending_.reset();
    return {};
  }
  if (auto due = applyDue(); !due) return due;
  const std::uint64_t before = log_.recorded();
  auto applied = host_->apply(action);
  if (!applied && log_.recorded() == before) return applied;
  if (!applied) {
    action.ifRefused = IfRefused::RunGoesOn;
    recordRefused(action, applied.error());
  }
  keep(action);
  actions.insert(actions.begin() + static_cast<std::ptrdiff_t>(nextAction_), std::move(action));
  ++nextAction_;
  ending_.reset();
  return applied;
}

Result<void> ScenarioRun::start() {
  invariant(!started_, "a run starts once");
  started_ = true;
  return host_->start();
}

Result<void> ScenarioRun::advance(VirtualTime until) {
  invariant(started_, "a run is started before it advances");
  const VirtualTime end = scenario_.config.duration;
  while (!ending_ && now() < until) {
    if (auto applied = applyDue(); !applied) return applied;
    host_->step(nextStop(std::min(until, end)));
    judge();
    for (RunObserver* observer : observers_) observer->onQuantum(*host_);
    if (host_->limitReached()) {
      ending_ = RunEnding::Limit;
    } else if (now() >= end) {
      if (auto applied = applyDue(); !applied) return applied;
      ending_ = RunEnding::Duration;
    } else if (host_->allOff() && nextAction_ >= scenario_.config.actions.size()) {
      ending_ = RunEnding::AllOff;
    }
  }
  return {};
}

RunSnapshot ScenarioRun::finish() {
  const RunEnding ending = ending_.value_or(RunEnding::Stopped);
  const bool settled = ending == RunEnding::Duration || ending == RunEnding::AllOff;
  for (ExpectationJudge& judge : judges_) {
    if (judge.decided()) continue;
    judge.end(now(), readMetric(*host_, judge.expectation().reference),
              settled ? ExpectationJudge::Ending::Settled : ExpectationJudge::Ending::CutShort);
    record(judge);
  }
  RunSnapshot snapshot = takeSnapshot(*host_, scenario_, judges_, ending);
  for (AskRecorder& ask : asks_) snapshot.asked.push_back(ask.finish(*host_, settled));
  host_->finish();
  snapshot.digest = log_.digest();
  ending_ = ending;
  return snapshot;
}

}  // namespace overcommit

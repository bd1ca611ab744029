// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/served_run.h"

#include <algorithm>

#include "scenario/changed_scenario.h"
#include "scenario/timeline_section.h"
#include "serve/change_request.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

RpcError setUpError(const Error& error) { return {backendUnavailable(error) ? RpcCode::NoBackend : RpcCode::Failed, error.text, nullptr}; }

bool sameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return !a.empty() && !b.empty() && fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

}  // namespace

Answer<std::unique_ptr<ServedRun>> ServedRun::open(Params& params, const SurroundingsFor& surroundingsFor) {
  const auto tracePath = params.text("trace");
  const std::string scenarioPath = params.text("scenario").value_or("");
  const std::string recordedPath = params.text("recorded").value_or("");
  if (tracePath && tracePath->empty()) params.wrong("trace: the file's name is empty");
  for (const std::string& read : {scenarioPath, recordedPath}) {
    if (tracePath && sameFile(*tracePath, read)) params.wrong("the trace would replace {}: give it another name", read);
  }
  auto source = readScenarioSource(params);
  if (!source) return tl::unexpected(source.error());
  std::unique_ptr<ServedRun> served(new ServedRun(std::move(*source)));
  served->scenarioPath_ = scenarioPath;
  Scenario scenario = served->source_.scenario;
  auto surroundings = surroundingsFor(scenario.config);
  if (!surroundings) return tl::unexpected(setUpError(surroundings.error()));
  auto run = ScenarioRun::create(std::move(scenario), std::move(*surroundings), served->log_);
  if (!run) return tl::unexpected(setUpError(run.error()));
  served->run_ = std::move(*run);
  served->header_ = served->host().traceHeader(served->source_.scenario.text, served->source_.scenario.fileName);
  if (served->source_.recorded) {
    if (const auto same = checkSameRun(*served->source_.recorded, served->header_); !same) return tl::unexpected(same.error());
  }
  if (tracePath) {
    auto trace = LiveTrace::create(*tracePath, served->header_);
    if (!trace) return tl::unexpected(RpcError{RpcCode::Failed, trace.error().text, nullptr});
    served->trace_ = std::move(*trace);
    served->tracePath_ = *tracePath;
    served->log_.addListener(*served->trace_);
  }
  served->subscriptions_.emplace(served->header_);
  served->log_.addListener(served->watch_);
  served->log_.addListener(served->crashes_);
  served->log_.addListener(*served->subscriptions_);
  if (const auto started = served->run_->start(); !started) return tl::unexpected(setUpError(started.error()));
  return served;
}

bool ServedRun::runQuantum() {
  if (run_->ending()) return false;
  if (const auto advanced = run_->advance(run_->now() + host().quantum()); !advanced) message_ = advanced.error().text;
  if (run_->ending() == RunEnding::Limit) message_ = host().limitReached().value_or("");
  watch_.onQuantum();
  subscriptions_->onQuantum(host());
  return !run_->ending();
}

Answer<std::vector<std::string>> ServedRun::change(const ReceivedJson& change) {
  const auto actions = readChange(change, run_->scenario(), run_->now());
  if (!actions) return tl::unexpected(actions.error());
  std::vector<std::string> done;
  for (const TimedAction& action : *actions) {
    const std::size_t before = run_->changes().size();
    const auto changed = run_->change(action);
    if (run_->changes().size() > before) done.push_back(actionText(run_->changes().back(), run_->scenario().config.vms));
    if (changed) continue;
    if (run_->ending() == RunEnding::ActionRefused) message_ = changed.error().text;  // one of the scenario's own was due
    RpcError error{RpcCode::Refused, changed.error().text, nullptr};
    // Those before it in the same request are done.
    if (!done.empty()) error.data = {{"changes", done}};
    return tl::unexpected(std::move(error));
  }
  return done;
}

Result<std::string> ServedRun::saved(const fs::path& directory) const {
  ScenarioChanges changes;
  changes.seed = source_.seed;
  changes.duration = source_.duration;
  for (const TimedAction& action : run_->changes()) changes.actions.push_back(actionText(action, run_->scenario().config.vms));
  if (!changes.actions.empty()) changes.remark = "Changed while it ran:";
  std::error_code ignored;
  if (fs::weakly_canonical(directory, ignored) != fs::weakly_canonical(source_.directory, ignored)) changes.pathsFrom = source_.directory;
  return changedScenario(source_.scenario.text, source_.scenario.fileName, changes);
}

RunSnapshot ServedRun::finish() {
  RunSnapshot snapshot = run_->finish();
  if (trace_) trace_->writer().finish(snapshot.digest);
  return snapshot;
}

}  // namespace overcommit

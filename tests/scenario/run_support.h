// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <string>
#include <vector>

#include "scenario/scenario_run.h"
#include "trace/event_log.h"

namespace overcommit::test {

// Keeps the events of a run, for tests that look for one.
class EventRecorder final : public EventListener {
 public:
  void onEvent(const Event& event) override { events.push_back(event); }
  [[nodiscard]] std::vector<Event> ofKind(EventKind kind) const {
    std::vector<Event> found;
    for (const Event& event : events) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  std::vector<Event> events;
};

inline HostSurroundings surroundings(const QTemporaryDir& folder) {
  HostSurroundings result;
  result.referenceGuest = std::filesystem::path(OVERCOMMIT_SOURCE_DIR) / "guests/prebuilt/overcommit-guest.elf";
  result.swapDirectory = folder.path().toStdString();
  return result;
}

// A scenario from its text, run from start to end.
struct TestRun {
  explicit TestRun(const std::string& text) : TestRun(parseScenario(text, "test.toml", OVERCOMMIT_SOURCE_DIR)) {}
  explicit TestRun(Result<Scenario> parsed) : scenario(std::move(parsed)) {
    if (!scenario) {
      error = scenario.error().text;
    }
  }

  // Nothing, or what went wrong first.
  bool start() {
    if (!scenario) return false;
    if (recording) log.addListener(recorder);
    auto created = ScenarioRun::create(*scenario, surroundings(folder), log);
    if (!created) return fail(created.error());
    run = std::move(*created);
    const auto started = run->start();
    return started || fail(started.error());
  }
  bool advance(VirtualTime until) {
    const auto advanced = run->advance(until);
    return advanced || fail(advanced.error());
  }
  // The host goes away, so that another can be: nested faults are served by one at a time.
  RunSnapshot finish() {
    RunSnapshot snapshot = run->finish();
    run.reset();
    return snapshot;
  }
  // All of it. Empty figures if it could not start.
  RunSnapshot all() {
    if (!start()) return {};
    advance(scenario->config.duration);
    return finish();
  }

  Result<Scenario> scenario;
  QTemporaryDir folder;
  EventLog log;
  bool recording = true;
  EventRecorder recorder;
  std::unique_ptr<ScenarioRun> run;
  std::string error;

 private:
  bool fail(const Error& why) {
    error = why.text;
    return false;
  }
};

}  // namespace overcommit::test

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "scenario/scenario_run.h"

namespace overcommit {

// What `run`, `map`, `walk` and `top` do alike: read a scenario, apply the options that change it, and set the run up.

// FILE with --seed, --duration, --backend and --audit applied, as far as the command has them.
Result<Scenario> scenarioFrom(const CommandLine& line);

// The same options, applied to a scenario that is there.
Result<void> applyOptions(const CommandLine& line, Scenario& scenario);

// What a run is given beside its scenario.
struct RunParts {
  Policies policies;
  std::vector<InputHash> policyInputs;
  std::optional<std::filesystem::path> kernel;  // instead of the reference guest
};

// Nothing runs yet.
Result<std::unique_ptr<ScenarioRun>> setUp(Scenario scenario, EventLog& log, const RunParts& parts = {});

// Whether a file is a trace and not a scenario.
bool isTrace(const std::string& path);

// As scenarioFrom(), for commands that take a trace as well and have found that FILE is none. What is neither is called so.
Result<Scenario> scenarioNotTraceFrom(const CommandLine& line);

// The exit code for a run that could not be set up.
ExitCode exitCodeFor(const Error& error);

// Runs up to `until`; ends early if interrupted, or if `stop` says so between two quanta. The error is an action of the scenario that the host refused.
Result<void> advanceUnlessInterrupted(ScenarioRun& run, VirtualTime until, const std::function<bool()>& stop = {});
// The same up to --at. The error may also be that the run ends before that.
Result<void> advanceToInstant(ScenarioRun& run, VirtualTime at);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include "scenario/scenario_file.h"
#include "serve/params.h"
#include "trace/trace_header.h"

namespace overcommit {

// What `open` is to run, read and checked: a scenario from a file, from its text, or from a trace that was recorded of it.
struct ScenarioSource {
  Scenario scenario;                // with the changes that came with it in its text
  std::filesystem::path directory;  // where its paths begin
  // Given instead of the scenario's own.
  std::optional<std::uint64_t> seed;
  std::optional<VirtualTime> duration;
  // Of a trace: the run must be the same again.
  std::optional<TraceHeader> recorded;
};
// Errors: a parameter, a file that cannot be read, a mistake of the scenario with its place.
Answer<ScenarioSource> readScenarioSource(Params& params);

// Refuses what would not give the recorded run: another engine, another LZ4, an input that has changed. `now`: the header of the new run.
Answer<void> checkSameRun(const TraceHeader& recorded, const TraceHeader& now);

}  // namespace overcommit

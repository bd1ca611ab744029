// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_setup.h"

#include <array>
#include <bit>
#include <fstream>
#include <vector>

#include <fmt/ranges.h>

#include "base/nearest.h"
#include "base/units.h"
#include "cli/interrupt.h"
#include "cli/surroundings.h"
#include "host/backend_name.h"
#include "trace/trace_block.h"

namespace overcommit {

Result<void> applyOptions(const CommandLine& line, Scenario& scenario) {
  const auto seed = line.number("--seed");
  if (!seed) return tl::unexpected(seed.error());
  const auto duration = line.time("--duration");
  if (!duration) return tl::unexpected(duration.error());
  if (*seed) scenario.config.seed = **seed;
  if (*duration) scenario.config.duration = **duration;
  if (line.has("--backend")) {
    const auto backend = backendNamed(line.text("--backend"));
    if (!backend) return failure("--backend: {}", backend.error().text);
    scenario.config.backend = *backend;
  }
  if (line.has("--audit")) scenario.config.audit = true;
  if (line.has("--sabotage")) {
    const auto saboteur = saboteurNamed(line.text("--sabotage"));
    if (!saboteur) {
      std::vector<std::string_view> names;
      for (const SaboteurInfo& info : saboteurTable()) names.push_back(info.name);
      return failure("--sabotage: there is no saboteur \"{}\"{}; there are {}", line.text("--sabotage"),
                     didYouMean(line.text("--sabotage"), names), fmt::join(names, ", "));
    }
    scenario.config.sabotage = *saboteur;
    setFaultOnPurpose(nameOf(*saboteur).data());  // a literal of the table
  }
  return {};
}

Result<Scenario> scenarioFrom(const CommandLine& line) {
  auto scenario = loadScenario(line.text("FILE"));
  if (!scenario) return scenario;
  if (const auto applied = applyOptions(line, *scenario); !applied) return tl::unexpected(applied.error());
  return scenario;
}

Result<std::unique_ptr<ScenarioRun>> setUp(Scenario scenario, EventLog& log, const RunParts& parts) {
  auto surroundings = surroundingsFor(scenario.config);
  if (!surroundings) return tl::unexpected(surroundings.error());
  surroundings->policies = parts.policies;
  surroundings->policyInputs = parts.policyInputs;
  if (parts.kernel) surroundings->referenceGuest = *parts.kernel;
  return ScenarioRun::create(std::move(scenario), std::move(*surroundings), log);
}

bool isTrace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, sizeof kTraceMagic> begin{};
  return file.read(begin.data(), begin.size()) && std::bit_cast<std::uint64_t>(begin) == kTraceMagic;
}

Result<Scenario> scenarioNotTraceFrom(const CommandLine& line) {
  const std::filesystem::path path = line.text("FILE");
  auto scenario = scenarioFrom(line);
  // A mistake in a scenario is told as one; whatever else it is, TOML is the least that its reader wants to hear of.
  if (scenario || path.extension() == ".toml" || loadScenario(path)) return scenario;
  if (const auto text = readScenarioText(path); !text) return scenario;
  return failure("{} is neither a trace nor a scenario; read as a scenario: {}", path.string(), scenario.error().text);
}

ExitCode exitCodeFor(const Error& error) { return backendUnavailable(error) ? ExitCode::BackendUnavailable : ExitCode::Usage; }

Result<void> advanceUnlessInterrupted(ScenarioRun& run, VirtualTime until, const std::function<bool()>& stop) {
  const VirtualTime quantum = run.host().quantum();
  while (!run.ending() && run.now() < until && !interrupted() && !(stop && stop())) {
    if (auto advanced = run.advance(std::min(until, run.now() + quantum)); !advanced) return advanced;
  }
  return {};
}

Result<void> advanceToInstant(ScenarioRun& run, VirtualTime at) {
  const VirtualTime end = run.scenario().config.duration;
  if (at > end) return failure("--at: {} is beyond the end of the run, which is at {}", formatTime(at), formatTime(end));
  if (auto advanced = advanceUnlessInterrupted(run, at); !advanced) return advanced;
  if (run.now() < at && !interrupted()) return failure("--at: the run ended before {}, at {}", formatTime(at), formatTime(run.now()));
  return {};
}

}  // namespace overcommit

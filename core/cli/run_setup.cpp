// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_setup.h"

#include <array>
#include <bit>
#include <fstream>

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
  return {};
}

Result<Scenario> scenarioFrom(const CommandLine& line) {
  auto scenario = loadScenario(line.text("FILE"));
  if (!scenario) return scenario;
  if (const auto applied = applyOptions(line, *scenario); !applied) return tl::unexpected(applied.error());
  return scenario;
}

Result<std::unique_ptr<ScenarioRun>> setUp(Scenario scenario, EventLog& log) {
  auto surroundings = surroundingsFor(scenario.config);
  if (!surroundings) return tl::unexpected(surroundings.error());
  return ScenarioRun::create(std::move(scenario), std::move(*surroundings), log);
}

bool isTrace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, sizeof kTraceMagic> begin{};
  return file.read(begin.data(), begin.size()) && std::bit_cast<std::uint64_t>(begin) == kTraceMagic;
}

ExitCode exitCodeFor(const Error& error) { return backendUnavailable(error) ? ExitCode::BackendUnavailable : ExitCode::Usage; }

Result<void> advanceUnlessInterrupted(ScenarioRun& run, VirtualTime until) {
  const VirtualTime quantum = run.host().quantum();
  while (!run.ending() && run.now() < until && !interrupted()) {
    if (auto advanced = run.advance(std::min(until, run.now() + quantum)); !advanced) return advanced;
  }
  return {};
}

}  // namespace overcommit

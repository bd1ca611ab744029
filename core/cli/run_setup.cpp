// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_setup.h"

#include <array>
#include <bit>
#include <fstream>

#include "base/nearest.h"
#include "cli/interrupt.h"
#include "cli/surroundings.h"
#include "trace/trace_block.h"

namespace overcommit {
namespace {

struct NamedBackend {
  std::string_view name;
  Backend backend;
};
constexpr std::array kBackends{NamedBackend{"auto", Backend::Auto}, NamedBackend{"unicorn", Backend::Unicorn},
                               NamedBackend{"kvm", Backend::Kvm}, NamedBackend{"script", Backend::Script}};

Result<Backend> parseBackend(const std::string& text) {
  std::vector<std::string_view> names;
  for (const NamedBackend& known : kBackends) {
    if (known.name == text) return known.backend;
    names.push_back(known.name);
  }
  return failure("--backend: there is no backend \"{}\"{}; use auto, unicorn, kvm or script", text, didYouMean(text, names));
}

}  // namespace

Result<void> applyOptions(const CommandLine& line, Scenario& scenario) {
  const auto seed = line.number("--seed");
  if (!seed) return tl::unexpected(seed.error());
  const auto duration = line.time("--duration");
  if (!duration) return tl::unexpected(duration.error());
  if (*seed) scenario.config.seed = **seed;
  if (*duration) scenario.config.duration = **duration;
  if (line.has("--backend")) {
    const auto backend = parseBackend(line.text("--backend"));
    if (!backend) return tl::unexpected(backend.error());
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
    if (const auto advanced = run.advance(std::min(until, run.now() + quantum)); !advanced) return advanced;
  }
  return {};
}

}  // namespace overcommit

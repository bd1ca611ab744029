// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/run_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "host/virtual_machine.h"

namespace overcommit {
namespace {

std::string whatRuns(const VmConfig& config) {
  if (!config.kernelPath.empty()) {
    const std::string kernel = std::filesystem::path(config.kernelPath).filename().string();
    return config.program.empty() ? kernel : fmt::format("{} {}", kernel, config.program);
  }
  if (!config.program.empty()) return config.program;
  if (!config.scriptPath.empty()) return fmt::format("script {}", std::filesystem::path(config.scriptPath).filename().string());
  return fmt::format("script {}", config.generator);
}

template <typename Metrics>
std::size_t indexOf(Metrics metrics, std::string_view name) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].name == name) return i;
  }
  invariant(false, "a metric that a report shows is in the table");
}

}  // namespace

std::string_view nameOf(RunEnding ending) {
  switch (ending) {
    case RunEnding::Duration: return "duration";
    case RunEnding::AllOff: return "all-off";
    case RunEnding::Limit: return "limit";
    case RunEnding::ActionRefused: return "action-refused";
    case RunEnding::Stopped: return "stopped";
  }
  return "";
}

std::string_view nameOf(WalkKind kind) {
  switch (kind) {
    case WalkKind::Mapped: return "mapped";
    case WalkKind::NotCanonical: return "not-canonical";
    case WalkKind::GuestFault: return "guest-fault";
    case WalkKind::NestedFault: return "nested-fault";
    case WalkKind::WriteFault: return "write-fault";
  }
  return "";
}

namespace {

// Scenarios that make a device fail on purpose say what must come of it.
bool crashExpected(const RunSnapshot& run, std::size_t vm) {
  return std::ranges::any_of(run.expectations, [vm](const auto& judged) {
    const Expectation& expectation = judged.first;
    return expectation.reference.vmMetric != nullptr && expectation.reference.vm.value() == vm &&
           expectation.reference.vmMetric->name == "crashed" && expectation.least.value_or(0) > 0;
  });
}

}  // namespace

int RunSnapshot::exitCode() const {
  if (ending == RunEnding::ActionRefused) return kExitUsage;
  if (std::ranges::any_of(policies, [](const PolicySnapshot& policy) { return policy.failure.has_value(); })) return kExitGuestCrashed;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    if (vms[i].crash && !crashExpected(*this, i)) return kExitGuestCrashed;
  }
  if (ending == RunEnding::Limit) return kExitLimitReached;
  const bool allHold = std::ranges::all_of(expectations, [](const auto& judged) { return judged.second.holds(); });
  return allHold ? kExitWell : kExitExpectationFailed;
}

std::uint64_t RunSnapshot::hostFigure(std::string_view name) const { return hostFigures.at(indexOf(hostMetrics(), name)); }
std::uint64_t RunSnapshot::vmFigure(const VmSnapshot& vm, std::string_view name) const { return vm.figures.at(indexOf(vmMetrics(), name)); }

RunSnapshot takeSnapshot(const Host& host, const Scenario& scenario, const std::vector<ExpectationJudge>& judges, RunEnding ending) {
  RunSnapshot snapshot;
  snapshot.config = host.config();
  snapshot.fileName = scenario.fileName;
  snapshot.engine = host.engine();
  snapshot.quantum = host.quantum();
  snapshot.virtualTime = host.now();
  snapshot.inputs.assign(host.inputs().begin(), host.inputs().end());
  for (const HostMetric& metric : hostMetrics()) snapshot.hostFigures.push_back(metric.read(host));
  for (const auto& vm : host.vms()) {
    VmSnapshot& taken = snapshot.vms.emplace_back();
    taken.name = vm->config().name;
    taken.runs = whatRuns(vm->config());
    taken.state = nameOf(vm->state());
    if (vm->state() == VmState::Crashed) taken.crash = vm->crashReason();
    for (const VmMetric& metric : vmMetrics()) taken.figures.push_back(metric.read(*vm));
  }
  for (const ExpectationJudge& judge : judges) snapshot.expectations.emplace_back(judge.expectation(), judge.verdict());
  snapshot.ending = ending;
  snapshot.limit = host.limitReached();
  return snapshot;
}

}  // namespace overcommit

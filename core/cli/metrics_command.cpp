// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/metrics.h"

#include <fmt/format.h>

#include "base/costs.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "policy/host_options.h"

namespace overcommit {
namespace {

void printMetrics() {
  say("Metrics of the host: path, unit, meaning.\n\n");
  for (const HostMetric& metric : hostMetrics()) say("  host.{:<28} {:<9} {}\n", metric.name, nameOf(metric.unit), metric.meaning);
  say("\nMetrics of each VM; NAME stands for the VM's name.\n\n");
  for (const VmMetric& metric : vmMetrics()) say("  vm.NAME.{:<25} {:<9} {}\n", metric.name, nameOf(metric.unit), metric.meaning);
}

void printCosts() {
  say("What things cost in virtual time, as [cost] names them: name, default, meaning, provenance.\n\n");
  for (const CostInfo& cost : costTable())
    say("  {:<14} {:>7}  {:<56} {}\n", cost.name, formatTime(cost.fallback), cost.meaning, cost.provenance);
}

void printOptions() {
  say("Options of the host, as [host.options] names them: name, default, range, meaning. * = accepted, but without effect.\n\n");
  for (const HostOption& option : hostOptions()) {
    say("{} {:<28} {:>8}  {:<22} {}\n", option.use == OptionUse::InEffect ? ' ' : '*', option.name, option.fallback,
        fmt::format("{} to {}", option.least, option.most), option.meaning);
  }
}

}  // namespace

ExitCode metricsCommand(const CommandLine& line) {
  if (line.has("--costs")) printCosts();
  if (line.has("--options")) printOptions();
  if (!line.has("--costs") && !line.has("--options")) printMetrics();
  return ExitCode::Well;
}

}  // namespace overcommit

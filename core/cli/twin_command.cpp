// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "scenario/twin_run.h"

namespace overcommit {
namespace {

ExitCode failed(const Error& error) {
  printError(error);
  return exitCodeFor(error);
}

void print(const TwinReport& report) {
  for (const RunSnapshot& run : report.runs) {
    say("{:<16} digest {}\n", run.engine, run.digest.text());
    for (const VmSnapshot& vm : run.vms) {
      if (vm.crash) say("{:<16} {} was stopped: {}\n", "", vm.name, *vm.crash);
    }
  }
  for (const MemoryComparison& memory : report.memories) {
    const std::string_view verdict = memory.verdict == MemoryComparison::Verdict::Equal       ? "equal"
                                     : memory.verdict == MemoryComparison::Verdict::Different ? "DIFFERS"
                                                                                              : "not compared";
    say("memory of {:<6} {}: {}\n", memory.vm, verdict, memory.text);
  }
  if (report.events) {
    say("The runs differ from event {} of those that the digest covers on:\n", report.events->number);
    for (std::size_t i = 0; i < report.runs.size(); ++i) {
      const std::string& line = report.events->lines[i];
      say("  {:<14} {}", report.runs[i].engine, line.empty() ? "nothing more in this quantum\n" : line);
    }
  }
  say("{}\n", report.equal() ? "The two runs are equal." : "The two runs are NOT equal.");
}

}  // namespace

ExitCode twinCommand(const CommandLine& line) {
  const auto scenario = scenarioFrom(line);
  if (!scenario) return failed(scenario.error());
  const auto surroundings = surroundingsFor(scenario->config);
  if (!surroundings) return failed(surroundings.error());
  catchInterrupts();
  auto twin = TwinRun::start(*scenario, *surroundings, {Backend::Unicorn, Backend::Kvm});
  if (!twin) return failed(twin.error());
  while (!interrupted()) {
    const auto advanced = (*twin)->advance();
    if (!advanced) return failed(advanced.error());
    if (!*advanced) break;
  }
  const TwinReport report = (*twin)->finish();
  print(report);
  if (interrupted()) return ExitCode::Interrupted;
  return report.equal() ? ExitCode::Well : ExitCode::ExpectationFailed;
}

}  // namespace overcommit

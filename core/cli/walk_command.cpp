// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "base/nearest.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "host/virtual_machine.h"
#include "host/walk_picture.h"

namespace overcommit {
namespace {

Result<const VirtualMachine*> vmNamed(const Host& host, const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& vm : host.vms()) {
    if (vm->config().name == name) return vm.get();
    known.push_back(vm->config().name);
  }
  return failure("--vm: there is no VM \"{}\"{}", name, didYouMean(name, known));
}

Result<void> walkNow(const ScenarioRun& run, const CommandLine& line, Gva address) {
  const auto found = vmNamed(run.host(), line.text("--vm"));
  if (!found) return tl::unexpected(found.error());
  const VirtualMachine& vm = **found;
  if (!vm.on()) {
    const std::string why = vm.crashReason().empty() ? "" : fmt::format(": {}", vm.crashReason());
    return failure("{} is {} at {}{}; walk it at a time when it is on", vm.config().name, nameOf(vm.state()), formatTime(run.now()), why);
  }
  const auto registers = vm.registers();
  if (!registers)
    return failure("{} is played by a {}: it has no CPU and no page tables", vm.config().name,
                   vm.config().generator.empty() ? "script" : "generator");
  say("walk of guest-virtual address {:#x} in {} at {}, CR3 = {:#x}\n\n", address.value(), vm.config().name, formatTime(run.now()),
      registers->cr3);
  say("{}", walkPicture(run.host().walk(vm.id(), address), address));
  return {};
}

}  // namespace

ExitCode walkCommand(const CommandLine& line) {
  const auto fail = [](const Error& error) {
    printError(error);
    return exitCodeFor(error);
  };
  const auto at = line.time("--at");
  if (!at) return fail(at.error());
  const auto address = line.address("--gva");
  if (!address) return fail(address.error());
  auto scenario = scenarioFrom(line);
  if (!scenario) return fail(scenario.error());
  EventLog log;
  auto run = setUp(std::move(*scenario), log);
  if (!run) return fail(run.error());
  if (const auto named = vmNamed((*run)->host(), line.text("--vm")); !named) return fail(named.error());
  catchInterrupts();
  if (const auto started = (*run)->start(); !started) return fail(started.error());
  if (const auto advanced = advanceToInstant(**run, **at); !advanced) return fail(advanced.error());
  if (interrupted()) return ExitCode::Interrupted;
  if (const auto walked = walkNow(**run, line, Gva(**address)); !walked) return fail(walked.error());
  return ExitCode::Well;
}

}  // namespace overcommit

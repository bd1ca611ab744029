// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/programs.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/say.h"

namespace overcommit {
namespace {

// A default as a scenario would say it.
std::string written(const ProgramArgument& argument) {
  switch (argument.unit) {
    case ArgumentUnit::Size: return fmt::format("\"{}\"", formatBytes(Bytes(argument.fallback)));
    case ArgumentUnit::Time: return fmt::format("\"{}\"", formatTime(VirtualTime(argument.fallback)));
    case ArgumentUnit::Count:
    case ArgumentUnit::Permille: return std::to_string(argument.fallback);
  }
  return {};
}

void print(const ProgramInfo& program) {
  say("{}: {}\n", program.name, program.meaning);
  for (const ProgramArgument& argument : program.arguments)
    say("  {:<18} {:<9} {:<12} {}\n", argument.name, nameOf(argument.unit), written(argument), argument.meaning);
}

}  // namespace

ExitCode programsCommand(const CommandLine& line) {
  const std::string name = line.text("NAME");
  if (!name.empty()) {
    if (const ProgramInfo* program = findProgram(name); program != nullptr) {
      print(*program);
      return ExitCode::Well;
    }
    std::vector<std::string_view> known;
    for (const ProgramInfo& program : guestPrograms()) known.push_back(program.name);
    printError(Error{fmt::format("there is no program \"{}\"{}", name, didYouMean(name, known))});
    return ExitCode::Usage;
  }
  say("The programs of the reference guest. Arguments go into [vm.args]: name, kind, default, meaning.\n");
  for (const ProgramInfo& program : guestPrograms()) {
    say("\n");
    print(program);
  }
  return ExitCode::Well;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/help_text.h"
#include "cli/say.h"

namespace overcommit {
namespace {

ExitCode execute(const ParsedLine& parsed) {
  if (const auto* help = std::get_if<HelpWanted>(&parsed)) {
    say("{}", help->command != nullptr ? helpText(*help->command) : help->group.empty() ? overviewText() : groupText(help->group));
    return ExitCode::Well;
  }
  if (std::holds_alternative<VersionWanted>(parsed)) {
    say("{} {}\n", kProgramName, OVERCOMMIT_VERSION);
    return ExitCode::Well;
  }
  const auto& line = std::get<CommandLine>(parsed);
  return line.command().execute(line);
}

}  // namespace
}  // namespace overcommit

// NOLINTNEXTLINE(bugprone-exception-escape): no memory for the engine itself ends it
int main(int argc, char** argv) {
  using namespace overcommit;
  const auto parsed = parseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed) {
    printError(parsed.error());
    return static_cast<int>(ExitCode::Usage);
  }
  const ExitCode code = execute(*parsed);
  // A result that nobody could read is no result.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    printError(Error{fmt::format("cannot write to standard output: {}", systemErrorText(errno))});
    return static_cast<int>(ExitCode::Usage);
  }
  return static_cast<int>(code);
}

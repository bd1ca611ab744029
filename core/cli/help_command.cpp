// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/completion_text.h"
#include "cli/help_text.h"
#include "cli/say.h"

namespace overcommit {

ExitCode helpCommand(const CommandLine& line) {
  std::string name = line.text("COMMAND");
  if (line.has("SUBCOMMAND")) name += " " + line.text("SUBCOMMAND");
  if (line.has("--man")) {
    say("{}", manualPage());
  } else if (line.has("--markdown")) {
    say("{}", referencePage());
  } else if (line.has("--completion")) {
    const auto script = completionScript(line.text("--completion"));
    if (!script) {
      printError(script.error());
      return ExitCode::Usage;
    }
    say("{}", *script);
  } else if (name.empty()) {
    say("{}", overviewText());
  } else if (const CommandInfo* command = findCommand(name); command != nullptr) {
    say("{}", helpText(*command));
  } else if (isCommandGroup(name)) {
    say("{}", groupText(name));
  } else {
    std::vector<std::string_view> known;
    for (const CommandInfo& info : commandTable()) known.push_back(info.name);
    printError(Error{fmt::format("there is no command \"{}\"{}", name, didYouMean(name, known))});
    return ExitCode::Usage;
  }
  return ExitCode::Well;
}

}  // namespace overcommit

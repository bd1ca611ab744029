// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "cli/exit_code.h"

namespace overcommit {

class CommandLine;

// The one description of the overcommit command. The parser is configured from it, and the help texts, the man page and
// docs/reference/command.md are printed from it: a command or option that is not in the table does not exist.

enum class Presence { Required, Optional };

struct ArgumentInfo {
  std::string_view name;  // "FILE"
  std::string_view text;
  Presence presence = Presence::Required;
};

enum class Repetition { Once, AnyNumber };

struct OptionInfo {
  std::string_view name;   // "--seed"
  std::string_view value;  // what stands behind it, "N"; "" = nothing
  std::string_view text;
  Presence presence = Presence::Optional;
  Repetition repetition = Repetition::Once;
  std::string_view words = {};  // all that the value can be, "text json"; "" = anything
};

struct CommandInfo {
  std::string_view name;  // "run", "trace info"
  std::string_view summary;
  std::string_view description;  // paragraphs, separated by an empty line
  std::span<const ArgumentInfo> arguments;
  std::span<const OptionInfo> options;
  std::span<const std::string_view> examples;
  ExitCode (*execute)(const CommandLine&);
};

std::span<const CommandInfo> commandTable();
const CommandInfo* findCommand(std::string_view name);
// Is the word the first of commands of two, as "lab" is?
bool isCommandGroup(std::string_view word);
bool isInGroup(const CommandInfo& command, std::string_view word);

struct VariableInfo {
  std::string_view name;
  std::string_view text;
};
// The environment variables that the command looks at.
std::span<const VariableInfo> environmentTable();

inline constexpr std::string_view kProgramName = "overcommit";
inline constexpr std::string_view kProgramSummary = "a teaching hypervisor for memory reclamation";

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cli/command_table.h"

namespace overcommit {

// A command with what was given to it, by the names of the table: "FILE", "--seed". Only what the table knows is in it, and all that
// the table requires.
class CommandLine {
 public:
  explicit CommandLine(const CommandInfo& command) : command_(&command) {}
  void give(std::string_view name, std::string value) { given_[std::string(name)].push_back(std::move(value)); }

  [[nodiscard]] const CommandInfo& command() const { return *command_; }
  [[nodiscard]] bool has(std::string_view name) const { return given_.contains(name); }
  // "" if not given.
  [[nodiscard]] std::string text(std::string_view name) const;

  // All that was given, of an option that can be given more than once.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

  // Nothing if not given; an error that names the option if it is not what it has to be.
  [[nodiscard]] Result<std::optional<VirtualTime>> time(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view name) const;
  // Hexadecimal with 0x, or decimal.
  [[nodiscard]] Result<std::optional<std::uint64_t>> address(std::string_view name) const;

 private:
  const CommandInfo* command_;
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
};

// What was typed comes down to one of these.
struct HelpWanted {
  const CommandInfo* command = nullptr;  // nullptr: the overview
  std::string group;                     // "lab": instead of it, the commands of this first word
};
struct VersionWanted {};
using ParsedLine = std::variant<CommandLine, HelpWanted, VersionWanted>;

// `arguments`: without the program's name. The error says what is wrong and where help is.
Result<ParsedLine> parseCommandLine(std::span<const std::string> arguments);

// Prints an error to standard error, as every command does.
void printError(const Error& error);

}  // namespace overcommit

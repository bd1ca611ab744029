// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/completion_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cli/command_table.h"

namespace overcommit {
namespace {

constexpr std::string_view kScriptLicence = "Identifier: GPL-2.0-or-later";

// What may follow an option, or be an argument.
enum class Offer { Nothing, Words, Files, Folders };

Offer offerFor(std::string_view placeholder) {
  static constexpr std::array<std::string_view, 6> kFiles{"FILE", "FILE.c", "OUT", "TRACE", "CSV", "KIND=FILE"};
  if (std::ranges::find(kFiles, placeholder) != kFiles.end()) return Offer::Files;
  return placeholder == "DIR" || placeholder == "LAB" ? Offer::Folders : Offer::Nothing;
}
Offer offerFor(const OptionInfo& option) { return option.words.empty() ? offerFor(option.value) : Offer::Words; }
// The arguments of a command are of one kind, or the first decides.
Offer offerFor(const CommandInfo& command) {
  if (command.arguments.empty()) return Offer::Nothing;
  const std::string_view first = command.arguments[0].name;
  return first == "COMMAND" ? Offer::Words : offerFor(first);
}

// The first clause of an option's text: there is room for a line.
std::string_view brief(std::string_view text) {
  std::size_t end = text.size();
  for (const std::string_view stop : {"; ", ": ", ". ", " (", ", for example"}) end = std::min(end, text.find(stop));
  return text.substr(0, end);
}

std::string_view firstWord(std::string_view name) { return name.substr(0, name.find(' ')); }
std::string_view secondWord(std::string_view name) {
  return name.find(' ') != std::string_view::npos ? name.substr(name.find(' ') + 1) : std::string_view();
}

// Each first word once, in the table's order.
std::vector<std::string_view> firstWords() {
  std::vector<std::string_view> words;
  for (const CommandInfo& command : commandTable()) {
    if (std::ranges::find(words, firstWord(command.name)) == words.end()) words.push_back(firstWord(command.name));
  }
  return words;
}

// What the second word may be; none: the first is a whole command.
std::vector<const CommandInfo*> membersOf(std::string_view group) {
  std::vector<const CommandInfo*> members;
  for (const CommandInfo& command : commandTable()) {
    if (isInGroup(command, group)) members.push_back(&command);
  }
  return members;
}

std::string summaryOf(std::string_view word) {
  const CommandInfo* command = findCommand(word);
  if (command != nullptr) return std::string(command->summary);
  std::string text;
  for (const CommandInfo* member : membersOf(word)) text += fmt::format("{}{}", text.empty() ? "" : ", ", secondWord(member->name));
  return text;
}

std::string joinedFirstWords() { return fmt::format("{}", fmt::join(firstWords(), " ")); }

std::string joined(const std::vector<const CommandInfo*>& members) {
  std::string text;
  for (const CommandInfo* member : members) text += fmt::format("{}{}", text.empty() ? "" : " ", secondWord(member->name));
  return text;
}

// --- bash

std::string bashReply(Offer offer, std::string_view words) {
  switch (offer) {
    case Offer::Files: return "compopt -o default";
    case Offer::Folders: return "_overcommit_folders";
    case Offer::Words: return fmt::format("_overcommit_words '{}'", words);
    case Offer::Nothing: return ":";
  }
  return ":";
}

std::string bashCommand(const CommandInfo& command) {
  std::string values, all = "--help";
  for (const OptionInfo& option : command.options) {
    all += fmt::format(" {}", option.name);
    if (!option.value.empty()) values += fmt::format("        {}) {}; return ;;\n", option.name, bashReply(offerFor(option), option.words));
  }
  if (!values.empty()) values = fmt::format("      case $previous in\n{}      esac\n", values);
  return fmt::format("    '{}')\n{}      if [[ $current == -* ]]; then _overcommit_words '{}'; else {}; fi\n      ;;\n", command.name,
                     values, all, bashReply(offerFor(command), joinedFirstWords()));
}

std::string bashScript() {
  std::string groups;
  for (const std::string_view word : firstWords()) {
    if (const auto members = membersOf(word); !members.empty())
      groups += fmt::format(
          "    {})\n      if ((COMP_CWORD == 2)); then\n        _overcommit_words '{} --help'\n        return\n      fi\n"
          "      command+=\" ${{COMP_WORDS[2]}}\"\n      ;;\n",
          word, joined(members));
  }
  std::string text =
      fmt::format("# SPDX-License-{}\n# Completion for bash: printed by overcommit help --completion bash.\n", kScriptLicence);
  text +=
      "_overcommit_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }\n"
      "_overcommit_folders() {\n  compopt -o filenames\n  mapfile -t COMPREPLY < <(compgen -d -- \"$current\")\n}\n"
      "_overcommit() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n"
      "  # bash takes --seed=7 for three words.\n"
      "  if [[ $current == = ]]; then\n    current=\n  elif [[ $previous == = ]]; then\n    previous=${COMP_WORDS[COMP_CWORD - 2]}\n  fi\n"
      "  if ((COMP_CWORD == 1)); then\n";
  text += fmt::format("    _overcommit_words '{} --help --version'\n    return\n  fi\n", joinedFirstWords());
  text += "  case $command in\n" + groups + "  esac\n  case $command in\n";
  for (const CommandInfo& command : commandTable()) text += bashCommand(command);
  return text + "  esac\n}\ncomplete -F _overcommit overcommit\n";
}

// --- zsh

std::string zshQuoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out;
}

std::string zshAction(Offer offer, std::string_view words) {
  switch (offer) {
    case Offer::Files: return "_files";
    case Offer::Folders: return "_files -/";
    case Offer::Words: return fmt::format("({})", words);
    case Offer::Nothing: return " ";
  }
  return " ";
}

std::string zshCommand(const CommandInfo& command) {
  std::string text = "      _arguments '--help[shows the help of this command]'";
  for (const OptionInfo& option : command.options) {
    text += fmt::format(" \\\n        '{}{}[{}]", option.repetition == Repetition::AnyNumber ? "*" : "", option.name,
                        zshQuoted(brief(option.text), "[]:\\"));
    if (!option.value.empty()) text += fmt::format(":{}:{}", zshQuoted(option.value, ":\\"), zshAction(offerFor(option), option.words));
    text += "'";
  }
  for (const ArgumentInfo& argument : command.arguments)
    text += fmt::format(" \\\n        '{}{}:{}'", argument.presence == Presence::Required ? ":" : "::", zshQuoted(argument.name, ":\\"),
                        zshAction(argument.name == "COMMAND" ? Offer::Words : offerFor(argument.name), joinedFirstWords()));
  return text + "\n      ;;\n";
}

std::string zshScript() {
  std::string text = fmt::format(
      "#compdef overcommit\n# SPDX-License-{}\n# Completion for zsh: printed by overcommit help --completion zsh.\n_overcommit() {{\n"
      "  local -a commands\n  commands=(\n",
      kScriptLicence);
  for (const std::string_view word : firstWords()) text += fmt::format("    '{}:{}'\n", word, zshQuoted(summaryOf(word), ":\\"));
  text +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n  local command=$words[2]\n"
      "  shift words\n  ((CURRENT--))\n  case $command in\n";
  for (const std::string_view word : firstWords()) {
    const auto members = membersOf(word);
    if (members.empty()) continue;
    text += fmt::format("    {})\n      commands=(\n", word);
    for (const CommandInfo* member : members)
      text += fmt::format("        '{}:{}'\n", secondWord(member->name), zshQuoted(member->summary, ":\\"));
    text +=
        "      )\n      if ((CURRENT == 2)); then\n        _describe command commands\n        return\n      fi\n"
        "      command+=\" $words[2]\"\n      shift words\n      ((CURRENT--))\n      ;;\n";
  }
  text += "  esac\n  case $command in\n";
  for (const CommandInfo& command : commandTable()) text += fmt::format("    '{}')\n{}", command.name, zshCommand(command));
  return text + "  esac\n}\n_overcommit \"$@\"\n";
}

// --- fish

std::string fishQuoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string fishOption(const CommandInfo& command, const OptionInfo& option) {
  const bool isLong = option.name.starts_with("--");
  std::string line = fmt::format("complete -c overcommit -n '__overcommit_at {}' {} {} -d '{}'", command.name, isLong ? "-l" : "-s",
                                 option.name.substr(isLong ? 2 : 1), fishQuoted(brief(option.text)));
  if (option.value.empty()) return line + "\n";
  switch (offerFor(option)) {
    case Offer::Files: return line + " -r -F\n";
    case Offer::Folders: return line + " -x -a '(__fish_complete_directories)'\n";
    case Offer::Words: return line + fmt::format(" -x -a '{}'\n", option.words);
    case Offer::Nothing: return line + " -x\n";
  }
  return line + "\n";
}

std::string fishScript() {
  std::string text = fmt::format(
      "# SPDX-License-{}\n# Completion for fish: printed by overcommit help --completion fish.\n"
      "function __overcommit_at -d 'Do these words follow the command?'\n"
      "    set -l words (commandline -opc)\n    set -e words[1]\n"
      "    set -l wanted (count $argv)\n    test (count $words) -ge $wanted; or return 1\n"
      "    test \"$words[1..$wanted]\" = \"$argv\"\nend\n"
      "function __overcommit_only -d 'Do these words and no others follow the command?'\n"
      "    set -l words (commandline -opc)\n    set -e words[1]\n    test \"$words\" = \"$argv\"\nend\n"
      "complete -c overcommit -f\n"
      "complete -c overcommit -n __overcommit_only -l version -d 'Shows the version'\n"
      "complete -c overcommit -l help -d 'Shows the help'\n",
      kScriptLicence);
  for (const std::string_view word : firstWords()) {
    text += fmt::format("complete -c overcommit -n __overcommit_only -a {} -d '{}'\n", word, fishQuoted(summaryOf(word)));
    for (const CommandInfo* member : membersOf(word))
      text += fmt::format("complete -c overcommit -n '__overcommit_only {}' -a {} -d '{}'\n", word, secondWord(member->name),
                          fishQuoted(member->summary));
  }
  for (const CommandInfo& command : commandTable()) {
    const Offer offer = offerFor(command);
    if (offer == Offer::Files) text += fmt::format("complete -c overcommit -n '__overcommit_at {}' -F\n", command.name);
    if (offer == Offer::Folders)
      text += fmt::format("complete -c overcommit -n '__overcommit_at {}' -a '(__fish_complete_directories)'\n", command.name);
    if (offer == Offer::Words)
      text += fmt::format("complete -c overcommit -n '__overcommit_at {}' -a '{}'\n", command.name, joinedFirstWords());
    for (const OptionInfo& option : command.options) text += fishOption(command, option);
  }
  return text;
}

}  // namespace

Result<std::string> completionScript(std::string_view shell) {
  if (shell == "bash") return bashScript();
  if (shell == "zsh") return zshScript();
  if (shell == "fish") return fishScript();
  return failure("--completion: there is no completion for \"{}\": it is one of bash, zsh and fish", shell);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/help_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace overcommit {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kTextColumn = 24;

std::vector<std::string> paragraphs(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    all.emplace_back(text.substr(at, end - at));
    at = end + 2;
  }
  return all;
}

// `text` in lines of kWidth columns; those after the first are indented.
std::string wrapped(std::string_view text, std::size_t firstColumn, std::size_t indent) {
  std::string out;
  std::size_t column = firstColumn;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    at = end + 1;
  }
  return out + "\n";
}

// "  --seed N            the seed of …"
std::string entry(const std::string& name, std::string_view text) {
  std::string line = "  " + name;
  if (line.size() + 2 > kTextColumn)
    line += "\n" + std::string(kTextColumn, ' ');
  else
    line.resize(kTextColumn, ' ');
  return line + wrapped(text, kTextColumn, kTextColumn);
}

std::string spelled(const OptionInfo& option) {
  return option.value.empty() ? std::string(option.name) : fmt::format("{} {}", option.name, option.value);
}

std::string optionText(const OptionInfo& option) {
  return fmt::format("{}{}", option.text, option.presence == Presence::Required ? " (required)" : "");
}

// Markdown and troff want different care for what they take as their own.
std::string replaced(std::string_view text, char what, std::string_view by) {
  std::string out;
  for (const char c : text) {
    if (c == what)
      out += by;
    else
      out += c;
  }
  return out;
}

std::string troff(std::string_view text) {
  std::string out = replaced(replaced(text, '\\', "\\e"), '-', "\\-");
  if (out.starts_with(".") || out.starts_with("'")) out.insert(0, "\\&");
  return out;
}

std::string inCell(std::string_view text) { return replaced(text, '|', "\\|"); }

}  // namespace

std::string synopsis(const CommandInfo& command) {
  std::string line = fmt::format("{} {}", kProgramName, command.name);
  for (const ArgumentInfo& argument : command.arguments)
    line += argument.presence == Presence::Required ? fmt::format(" {}", argument.name) : fmt::format(" [{}]", argument.name);
  for (const OptionInfo& option : command.options)
    line += option.presence == Presence::Required ? fmt::format(" {}", spelled(option)) : fmt::format(" [{}]", spelled(option));
  return line;
}

std::string overviewText() {
  std::string text = fmt::format("{}: {}\n\nusage: {} COMMAND [ARGUMENT...]\n\n", kProgramName, kProgramSummary, kProgramName);
  for (const CommandInfo& command : commandTable()) text += entry(std::string(command.name), command.summary);
  text += fmt::format("\n{} COMMAND --help tells more of a command, {} --version the version.\n", kProgramName, kProgramName);
  text += "\nexit codes:\n";
  for (const ExitCodeInfo& code : kExitCodes) text += entry(std::to_string(static_cast<int>(code.code)), code.meaning);
  text += "\nenvironment:\n";
  for (const VariableInfo& variable : environmentTable()) text += entry(std::string(variable.name), variable.text);
  return text;
}

std::string groupText(std::string_view group) {
  std::string text = fmt::format("{} {}: one of these commands\n\n", kProgramName, group);
  for (const CommandInfo& command : commandTable()) {
    if (isInGroup(command, group)) text += entry(std::string(command.name), command.summary);
  }
  return text + fmt::format("\n{} {} COMMAND --help tells more of one.\n", kProgramName, group);
}

std::string helpText(const CommandInfo& command) {
  std::string text = fmt::format("{} {}: {}\n\n", kProgramName, command.name, command.summary);
  text += "usage: " + wrapped(synopsis(command), 7, 7);
  for (const std::string& paragraph : paragraphs(command.description)) text += "\n" + wrapped(paragraph, 0, 0);
  if (!command.arguments.empty() || !command.options.empty()) text += "\n";
  for (const ArgumentInfo& argument : command.arguments) text += entry(std::string(argument.name), argument.text);
  for (const OptionInfo& option : command.options) text += entry(spelled(option), optionText(option));
  if (!command.examples.empty()) text += "\nexamples:\n";
  for (const std::string_view example : command.examples) text += fmt::format("  {}\n", example);
  return text;
}

std::string manualPage() {
  std::string text = fmt::format(
      ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n.TH OVERCOMMIT 1 \"\" \"Overcommit {}\" \"User Commands\"\n", OVERCOMMIT_VERSION);
  text += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", kProgramName, troff(kProgramSummary));
  for (const CommandInfo& command : commandTable()) text += fmt::format("{}\n.br\n", troff(synopsis(command)));
  text += ".SH COMMANDS\n";
  for (const CommandInfo& command : commandTable()) {
    text += fmt::format(".SS {}\n", troff(command.name));
    for (const std::string& paragraph : paragraphs(command.description)) text += fmt::format("{}\n.PP\n", troff(paragraph));
    for (const ArgumentInfo& argument : command.arguments)
      text += fmt::format(".TP\n.I {}\n{}\n", troff(argument.name), troff(argument.text));
    for (const OptionInfo& option : command.options)
      text += fmt::format(".TP\n.B {}\n{}\n", troff(spelled(option)), troff(optionText(option)));
    for (const std::string_view example : command.examples) text += fmt::format(".PP\n.RS\n{}\n.RE\n", troff(example));
  }
  text += ".SH EXIT STATUS\n";
  for (const ExitCodeInfo& code : kExitCodes) text += fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(code.code), troff(code.meaning));
  text += ".SH ENVIRONMENT\n";
  for (const VariableInfo& variable : environmentTable())
    text += fmt::format(".TP\n.B {}\n{}\n", troff(variable.name), troff(variable.text));
  return text;
}

std::string referencePage() {
  std::string text = fmt::format(
      "# The `{0}` command\n\nPrinted by `{0} help --markdown`; the help texts and the manual page (`{0} help --man`) come from the same "
      "table, `core/cli/command_table.cpp`.\n\nResults go to standard output; progress and errors go to standard error.\n",
      kProgramName);
  for (const CommandInfo& command : commandTable()) {
    text += fmt::format("\n## {} {}\n\n{}.\n\n```\n{}```\n", kProgramName, command.name,
                        fmt::format("{}{}", static_cast<char>(command.summary[0] - ('a' - 'A')), command.summary.substr(1)),
                        wrapped(synopsis(command), 0, 4));
    for (const std::string& paragraph : paragraphs(command.description)) text += "\n" + paragraph + "\n";
    if (!command.arguments.empty() || !command.options.empty()) text += "\n| | |\n|---|---|\n";
    for (const ArgumentInfo& argument : command.arguments) text += fmt::format("| `{}` | {} |\n", argument.name, inCell(argument.text));
    for (const OptionInfo& option : command.options)
      text += fmt::format("| `{}` | {} |\n", inCell(spelled(option)), inCell(optionText(option)));
    if (!command.examples.empty()) text += "\n```\n";
    for (const std::string_view example : command.examples) text += fmt::format("{}\n", example);
    if (!command.examples.empty()) text += "```\n";
  }
  text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCodeInfo& code : kExitCodes) text += fmt::format("| {} | {} |\n", static_cast<int>(code.code), code.meaning);
  text += "\n## Environment\n\n| variable | meaning |\n|---|---|\n";
  for (const VariableInfo& variable : environmentTable()) text += fmt::format("| `{}` | {} |\n", variable.name, variable.text);
  return text;
}

}  // namespace overcommit

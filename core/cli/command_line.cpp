// SPDX-License-Identifier: GPL-2.0-or-later
// The only file that knows CLI11; its exceptions end here.
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/nearest.h"
#include "base/units.h"

namespace overcommit {
namespace {

Result<std::uint64_t> parseNumber(std::string_view name, std::string_view given, int base) {
  const std::string_view text = base == 16 ? given.substr(2) : given;  // without 0x
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error == std::errc::result_out_of_range) return failure("{}: {} is too large", name, given);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return failure("{}: \"{}\" is not a whole number{}", name, given, base == 16 ? "; addresses are written like 0x10000000000" : "");
  }
  return value;
}

// The words behind one command, as CLI11 is to take them apart.
class Parser {
 public:
  explicit Parser(const CommandInfo& command) : command_(command) {
    app_.set_help_flag();
    app_.allow_extras();
    for (const ArgumentInfo& argument : command.arguments) add(argument.name, Takes::Value);
    for (const OptionInfo& option : command.options)
      add(option.name, option.value.empty() ? Takes::Nothing : Takes::Value, option.repetition);
  }

  Result<ParsedLine> parse(std::span<const std::string> words);

 private:
  enum class Takes { Nothing, Value };
  struct Place {
    std::string_view name;
    std::string value;
    std::vector<std::string> values;  // of an option that can be given more than once
    CLI::Option* option = nullptr;
  };

  void add(std::string_view name, Takes takes, Repetition repetition = Repetition::Once) {
    Place& place = *places_.emplace_back(std::make_unique<Place>());  // CLI11 keeps its address
    place.name = name;
    if (repetition == Repetition::AnyNumber) {
      place.option = app_.add_option(std::string(name), place.values)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      return;
    }
    place.option = takes == Takes::Value ? app_.add_option(std::string(name), place.value) : app_.add_flag(std::string(name));
  }

  const CommandInfo& command_;
  CLI::App app_;
  std::vector<std::unique_ptr<Place>> places_;
};

Error withHelp(const CommandInfo* command, std::string text) {
  const std::string name = command == nullptr ? std::string(kProgramName) : fmt::format("{} {}", kProgramName, command->name);
  return Error{fmt::format("{}\nTry: {} --help", text, name)};
}

Result<ParsedLine> unknownWord(const CommandInfo& command, const std::string& word) {
  if (!word.starts_with("-")) return tl::unexpected(withHelp(&command, fmt::format("\"{}\" is one argument too many", word)));
  std::vector<std::string_view> known{"--help"};
  for (const OptionInfo& option : command.options) known.push_back(option.name);
  const std::string name = word.substr(0, word.find('='));
  return tl::unexpected(withHelp(&command, fmt::format("there is no option {}{}", name, didYouMean(name, known))));
}

Result<ParsedLine> Parser::parse(std::span<const std::string> words) {
  const CommandInfo& info = command_;
  try {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::Error& error) {
    return tl::unexpected(withHelp(&info, error.what()));
  }
  if (const auto extras = app_.remaining(); !extras.empty()) return unknownWord(info, extras.front());
  CommandLine line(info);
  for (const auto& place : places_) {
    if (place->option->count() == 0) continue;
    if (place->values.empty()) line.give(place->name, place->value);
    for (const std::string& value : place->values) line.give(place->name, value);
  }
  for (const ArgumentInfo& argument : info.arguments) {
    if (argument.presence == Presence::Required && !line.has(argument.name))
      return tl::unexpected(withHelp(&info, fmt::format("{} is missing: {}", argument.name, argument.text)));
    if (line.has(argument.name) && line.text(argument.name).empty())
      return tl::unexpected(withHelp(&info, fmt::format("{} is empty: it is {}", argument.name, argument.text)));
  }
  for (const OptionInfo& option : info.options) {
    if (option.presence == Presence::Required && !line.has(option.name))
      return tl::unexpected(
          withHelp(&info, fmt::format("{}{}{} is missing: {}", option.name, option.value.empty() ? "" : " ", option.value, option.text)));
  }
  return line;
}

// The command that the first words name, and how many words that took.
std::pair<const CommandInfo*, std::size_t> namedCommand(std::span<const std::string> arguments) {
  if (arguments.empty()) return {nullptr, 0};
  if (arguments.size() >= 2) {
    if (const CommandInfo* command = findCommand(arguments[0] + " " + arguments[1])) return {command, 2};
  }
  return {findCommand(arguments[0]), 1};
}

Error unknownCommand(std::span<const std::string> arguments) {
  std::vector<std::string_view> known;
  for (const CommandInfo& command : commandTable()) known.push_back(command.name);
  if (isCommandGroup(arguments[0])) {
    std::string members;
    for (const std::string_view name : known) {
      if (name.starts_with(arguments[0] + " ")) members += fmt::format("{}{}", members.empty() ? "" : ", ", name);
    }
    const std::string typed = arguments.size() > 1 ? arguments[0] + " " + arguments[1] : arguments[0];
    return withHelp(nullptr, fmt::format("\"{}\" is not a command: there are {}", typed, members));
  }
  const std::string_view what = arguments[0].starts_with("-") ? "option" : "command";
  return withHelp(nullptr, fmt::format("there is no {} \"{}\"{}", what, arguments[0], didYouMean(arguments[0], known)));
}

bool isHelp(const std::string& word) { return word == "--help" || word == "-h"; }

}  // namespace

std::string CommandLine::text(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? std::string() : found->second.back();
}

std::vector<std::string> CommandLine::texts(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<VirtualTime>> CommandLine::time(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const auto value = parseTime(text(name));
  if (!value) return failure("{}: {}", name, value.error().text);
  return *value;
}

Result<std::optional<std::uint64_t>> CommandLine::number(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  return parseNumber(name, text(name), 10).map([](std::uint64_t value) { return std::optional(value); });
}

Result<std::optional<std::uint64_t>> CommandLine::address(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  const bool hexadecimal = value.starts_with("0x") || value.starts_with("0X");
  return parseNumber(name, value, hexadecimal ? 16 : 10).map([](std::uint64_t number) { return std::optional(number); });
}

Result<ParsedLine> parseCommandLine(std::span<const std::string> arguments) {
  if (!arguments.empty() && isHelp(arguments[0])) return HelpWanted{};
  if (!arguments.empty() && arguments[0] == "--version") return VersionWanted{};
  if (arguments.empty()) return tl::unexpected(withHelp(nullptr, "what is to be done? For example: overcommit run FILE"));
  const auto [command, words] = namedCommand(arguments);
  if (command == nullptr) {
    if (isCommandGroup(arguments[0]) && arguments.size() > 1 && isHelp(arguments[1])) return HelpWanted{nullptr, arguments[0]};
    return tl::unexpected(unknownCommand(arguments));
  }
  if (std::any_of(arguments.begin(), arguments.end(), isHelp)) return HelpWanted{command, {}};
  return Parser(*command).parse(arguments.subspan(words));
}

void printError(const Error& error) { std::fprintf(stderr, "%s: %s\n", kProgramName.data(), error.text.c_str()); }

}  // namespace overcommit

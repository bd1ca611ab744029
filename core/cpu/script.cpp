// SPDX-License-Identifier: GPL-2.0-or-later
// The parser of script files; the format is described in docs/reference/script.md.
#include "cpu/script.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest.h"
#include "base/units.h"

namespace overcommit {
namespace {

using Kind = ScriptStep::Kind;
using Content = ScriptStep::Content;

// A parsed script: its steps, over and over if a loop ends it.
class ParsedScript final : public ScriptSource {
 public:
  explicit ParsedScript(std::vector<ScriptStep> steps) : steps_(std::move(steps)) {}
  std::optional<ScriptStep> next() override {
    if (at_ == steps_.size()) return std::nullopt;
    const ScriptStep& step = steps_[at_];
    at_ = step.kind == Kind::Loop ? 0 : at_ + 1;
    return step;
  }

 private:
  std::vector<ScriptStep> steps_;
  std::size_t at_ = 0;
};

struct Word {
  std::string_view text;
  std::size_t column;  // from 1
};

// The words of a line without its comment, left to right.
class Line {
 public:
  explicit Line(std::string_view text) {
    text = text.substr(0, text.find('#'));
    std::size_t at = 0;
    while (at < text.size()) {
      if (isBlank(text[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && !isBlank(text[end])) ++end;
      words_.push_back({text.substr(at, end - at), at + 1});
      at = end;
    }
    endColumn_ = words_.empty() ? 1 : words_.back().column + words_.back().text.size();
  }

  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] std::optional<Word> peek() const { return next_ < words_.size() ? std::optional(words_[next_]) : std::nullopt; }
  std::optional<Word> take() {
    const auto word = peek();
    if (word) ++next_;
    return word;
  }
  [[nodiscard]] std::size_t endColumn() const { return endColumn_; }

 private:
  static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  std::vector<Word> words_;
  std::size_t next_ = 0;
  std::size_t endColumn_ = 1;
};

// Where a line is wrong and how.
struct Mistake {
  std::size_t column;
  std::string text;
};
template <typename T>
using Parsed = tl::expected<T, Mistake>;

template <typename... Args>
tl::unexpected<Mistake> mistake(std::size_t column, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Mistake>(Mistake{column, fmt::format(format, std::forward<Args>(args)...)});
}

bool startsWithDigit(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

class LineParser {
 public:
  LineParser(std::string_view line, Pages memory) : line_(line), memory_(memory) {}

  // Nothing for a line without a step.
  Parsed<std::optional<ScriptStep>> parse() {
    const auto command = line_.take();
    if (!command) return std::optional<ScriptStep>();
    const auto kind = find(command->text);
    if (!kind) {
      std::array<std::string_view, kCommands.size()> names{};
      std::transform(kCommands.begin(), kCommands.end(), names.begin(), [](const Command& c) { return c.name; });
      return mistake(command->column, "there is no step \"{}\"{}", command->text, didYouMean(command->text, names));
    }
    ScriptStep step;
    step.kind = *kind;
    const Parsed<void> arguments = parseArguments(step);
    if (!arguments) return tl::unexpected(arguments.error());
    if (const auto extra = line_.peek()) return mistake(extra->column, "\"{}\" is one word too many for {}", extra->text, command->text);
    return step;
  }

 private:
  struct Command {
    std::string_view name;
    Kind kind;
  };
  static constexpr std::array kCommands{Command{"read", Kind::Read}, Command{"write", Kind::Write},         Command{"work", Kind::Work},
                                        Command{"wait", Kind::Wait}, Command{"operation", Kind::Operation}, Command{"loop", Kind::Loop},
                                        Command{"halt", Kind::Halt}};
  static constexpr std::array<std::string_view, 5> kContents{"zero", "same", "random", "text", "code"};  // in the order of Content

  static std::optional<Kind> find(std::string_view name) {
    const auto found = std::find_if(kCommands.begin(), kCommands.end(), [name](const Command& c) { return c.name == name; });
    return found == kCommands.end() ? std::nullopt : std::optional(found->kind);
  }

  Parsed<void> parseArguments(ScriptStep& step) {
    switch (step.kind) {
      case Kind::Read: return parsePages(step);
      case Kind::Write: return parsePages(step).and_then([&]() { return parseContent(step); });
      case Kind::Work:
      case Kind::Wait: return parseTimeInto(step.time);
      case Kind::Operation: return parseOperation(step);
      case Kind::Loop:
      case Kind::Halt: return {};
    }
    invariant(false, "every kind of step is parsed");
  }

  // FIRST [COUNT]
  Parsed<void> parsePages(ScriptStep& step) {
    const std::size_t column = line_.peek() ? line_.peek()->column : line_.endColumn();
    const auto first = number("the number of the first page");
    if (!first) return tl::unexpected(first.error());
    step.gfn = Gfn(*first);
    if (*first >= memory_.value()) return mistake(column, "page {} lies outside the VM's memory of {} pages", *first, memory_.value());
    const auto next = line_.peek();
    if (!next || !startsWithDigit(next->text)) return {};
    const auto count = number("how many pages");
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) return mistake(next->column, "at least one page must be touched");
    if (*count > memory_.value() - *first) {
      return mistake(next->column, "{} pages from page {} on reach beyond the VM's memory of {} pages", *count, *first, memory_.value());
    }
    step.count = *count;
    return {};
  }

  // CONTENT [VALUE]
  Parsed<void> parseContent(ScriptStep& step) {
    const auto word = line_.take();
    if (!word) return mistake(line_.endColumn(), "what is written is missing: zero, same, random, text or code");
    const auto found = std::find(kContents.begin(), kContents.end(), word->text);
    if (found == kContents.end())
      return mistake(word->column, "there is no content \"{}\"{}", word->text, didYouMean(word->text, kContents));
    step.content = static_cast<Content>(found - kContents.begin());
    const auto next = line_.peek();
    if (!next) return {};
    if (step.content == Content::Zero) return mistake(next->column, "zero takes no value");
    const auto value = number("the value");
    if (!value) return tl::unexpected(value.error());
    step.value = *value;
    return {};
  }

  // [COUNT] TIME
  Parsed<void> parseOperation(ScriptStep& step) {
    const auto word = line_.peek();
    const bool plainNumber = word && std::all_of(word->text.begin(), word->text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (plainNumber) {
      const auto count = number("how many operations");
      if (!count) return tl::unexpected(count.error());
      if (*count == 0) return mistake(word->column, "at least one operation must be completed");
      step.count = *count;
    }
    return parseTimeInto(step.time);
  }

  Parsed<void> parseTimeInto(VirtualTime& time) {
    const auto word = line_.take();
    if (!word) return mistake(line_.endColumn(), "a time is missing, for example 10us");
    const auto parsed = parseTime(word->text);
    if (!parsed) return mistake(word->column, "{}", parsed.error().text);
    time = *parsed;
    return {};
  }

  Parsed<std::uint64_t> number(std::string_view what) {
    const auto word = line_.take();
    if (!word) return mistake(line_.endColumn(), "{} is missing", what);
    std::string_view digits = word->text;
    const bool hexadecimal = digits.substr(0, 2) == "0x";
    if (hexadecimal) digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (error == std::errc::result_out_of_range) return mistake(word->column, "{} \"{}\" is too large", what, word->text);
    if (error != std::errc() || end != digits.data() + digits.size())
      return mistake(word->column, "\"{}\" is not a number: {} is wanted", word->text, what);
    return value;
  }

  Line line_;
  Pages memory_;
};

}  // namespace

Result<std::unique_ptr<ScriptSource>> parseScript(std::string_view text, std::string_view fileName, Pages memory) {
  std::vector<ScriptStep> steps;
  std::size_t lineNumber = 0;
  std::optional<Kind> last;  // loop or halt: nothing behind it is reached
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++lineNumber;
    const auto wrong = [&](std::size_t column, std::string_view what) {
      return failure("{}:{}:{}: {}", fileName, lineNumber, column, what);
    };

    const auto step = LineParser(line, memory).parse();
    if (!step) return wrong(step.error().column, step.error().text);
    if (!*step) continue;
    const std::size_t column = line.find_first_not_of(" \t\r") + 1;
    if (last) return wrong(column, *last == Kind::Loop ? "a step behind loop is never reached" : "a step behind halt is never reached");
    if ((*step)->kind == Kind::Loop && steps.empty()) return wrong(column, "loop needs a step to go back to");
    if ((*step)->kind == Kind::Loop || (*step)->kind == Kind::Halt) last = (*step)->kind;
    steps.push_back(**step);
  }
  return std::make_unique<ParsedScript>(std::move(steps));
}

}  // namespace overcommit

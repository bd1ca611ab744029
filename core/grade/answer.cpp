// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/answer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/units.h"
#include "scenario/ask.h"
#include "scenario/expectation.h"
#include "trace/event.h"

namespace overcommit {
namespace {

constexpr std::int64_t kMostPages = std::int64_t{1} << 40;

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && !out.ends_with(' '))) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// As the student wrote it.
std::string written(const TomlValue& value) {
  constexpr std::size_t kMostShown = 200;
  std::string text;
  switch (value.kind) {
    case TomlValue::Kind::Text: text = value.text; break;
    case TomlValue::Kind::Integer: text = fmt::format("{}", value.integer); break;
    case TomlValue::Kind::Decimal: text = fmt::format("{}", value.decimal); break;
    case TomlValue::Kind::Boolean: text = value.boolean ? "true" : "false"; break;
    case TomlValue::Kind::Date: text = "a date"; break;
    case TomlValue::Kind::Table: text = "a table"; break;
    case TomlValue::Kind::Array:
      for (const TomlValue& item : value.array) text += fmt::format("{}{}", text.empty() ? "" : ", ", written(item));
      break;
  }
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "...";
  return text;
}

std::optional<std::uint64_t> numberIn(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

// Numbers of frames are hexadecimal to some and decimal to others.
std::string sameForAll(std::string_view word) {
  std::string text = plain(word);
  if (!text.starts_with("0x")) return text;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size() ? fmt::format("{}", value) : text;
}

std::optional<std::uint64_t> stateNamed(std::string_view name) {
  for (std::size_t i = 0; i < kFreeStates; ++i) {
    if (nameOf(static_cast<FreeState>(i)) == name) return i;
  }
  return std::nullopt;
}

// A size or a time as people write it, rounded to whole bytes or nanoseconds: "14.4 MiB" is an answer, if no setting.
template <typename Parse>
std::optional<std::uint64_t> roundedMeasure(std::string_view text, Parse parse) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (const auto exact = parse(text)) return exact->value();
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const auto unit = parse("1" + std::string(text.substr(static_cast<std::size_t>(end - text.data()))));
  constexpr double kMostAmount = 1e18;
  if (!unit || !(amount >= 0) || amount * static_cast<double>(unit->value()) > kMostAmount) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(amount * static_cast<double>(unit->value())));
}

std::string_view formOf(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::Size: return "a size in quotes, such as \"12 MiB\" or \"3072 pages\"";
    case MetricUnit::Time: return "a time in quotes, such as \"2.5 s\"";
    case MetricUnit::Permille: return "a percentage in quotes, such as \"12.5 %\"";
    case MetricUnit::Count:
    case MetricUnit::PerSecond: return "a whole number";
  }
  return "";
}

// A size, a time, a percentage or a number, in the metric's unit.
std::optional<std::uint64_t> valueOf(const TomlValue& given, MetricUnit unit, std::string_view metric) {
  const std::string text = given.kind == TomlValue::Kind::Text ? plain(given.text) : "";
  if (metric == "host.state") {
    if (const auto state = stateNamed(text)) return state;
  }
  const bool isWhole = given.kind == TomlValue::Kind::Integer && given.integer >= 0;
  switch (unit) {
    case MetricUnit::Size:
      if (given.kind == TomlValue::Kind::Text) return roundedMeasure(given.text, parseBytes);
      return isWhole && given.integer == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
    case MetricUnit::Time:
      if (given.kind == TomlValue::Kind::Text) return roundedMeasure(given.text, parseTime);
      return isWhole && given.integer == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
    case MetricUnit::Permille:
      if (given.kind == TomlValue::Kind::Text) return permilleOf(given.text);
      // A plain number is percent, as people speak of shares.
      if (isWhole && given.integer <= 1'000'000) return static_cast<std::uint64_t>(given.integer) * 10;
      if (given.kind == TomlValue::Kind::Decimal && given.decimal >= 0 && given.decimal <= 1e6)
        return static_cast<std::uint64_t>(std::llround(given.decimal * 10));
      return std::nullopt;
    case MetricUnit::Count:
    case MetricUnit::PerSecond:
      if (isWhole) return static_cast<std::uint64_t>(given.integer);
      return given.kind == TomlValue::Kind::Text ? numberIn(text) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

RightAnswer RightAnswer::ofMetric(std::string metric, MetricUnit unit, std::uint64_t value, Tolerance tolerance) {
  RightAnswer right;
  right.isNumber_ = true;
  right.metric_ = std::move(metric);
  right.unit_ = unit;
  right.value_ = value;
  right.tolerance_ = tolerance;
  return right;
}

RightAnswer RightAnswer::ofPages(std::uint64_t pages, Tolerance tolerance) {
  RightAnswer right = ofMetric("", MetricUnit::Size, pages * kPageSize, {tolerance.permille, tolerance.amount * kPageSize});
  right.isInPages_ = true;
  return right;
}

RightAnswer RightAnswer::ofWords(std::vector<std::string> words, Form form, std::span<const std::string> choices) {
  RightAnswer right;
  right.words_ = std::move(words);
  right.form_ = form;
  right.choices_ = std::vector<std::string>(choices.begin(), choices.end());
  return right;
}

std::string RightAnswer::words() const {
  if (isNumber_) {
    std::string text = isInPages_ ? fmt::format("{} pages", value_ / kPageSize) : metricWords(metric_, unit_, value_);
    if (tolerance_.permille != 0 || tolerance_.amount != 0) text += fmt::format(", give or take {}", tolerance_.text(unit_));
    return text;
  }
  if (form_ == Form::List) return fmt::format("{}", fmt::join(words_, ", "));
  if (form_ == Form::AnyOf && words_.size() > 1) {
    constexpr std::size_t kMostShown = 5;
    const std::span shown = std::span(words_).first(std::min(words_.size(), kMostShown));
    return fmt::format("one of {}{}", fmt::join(shown, ", "),
                       words_.size() > kMostShown ? fmt::format(" and {} more", words_.size() - kMostShown) : "");
  }
  for (const std::string& choice : choices_) {
    if (choice.starts_with(words_.front() + ":")) return choice;
  }
  return words_.front();
}

RightAnswer::Verdict RightAnswer::judge(const TomlValue& given) const { return isNumber_ ? judgeNumber(given) : judgeWords(given); }

RightAnswer::Verdict RightAnswer::judgeNumber(const TomlValue& given) const {
  const TomlValue& one = given.kind == TomlValue::Kind::Array && given.array.size() == 1 ? given.array.front() : given;
  auto value = valueOf(one, unit_, metric_);
  if (isInPages_ && one.kind == TomlValue::Kind::Integer && one.integer >= 0 && one.integer <= kMostPages)
    value = static_cast<std::uint64_t>(one.integer) * kPageSize;
  if (!value)
    return {false, fmt::format("{}: that is not {}{}", written(given), isInPages_ ? "a number of pages, or " : "", formOf(unit_))};
  return {tolerance_.accepts(value_, *value), written(given)};
}

RightAnswer::Verdict RightAnswer::judgeWords(const TomlValue& given) const {
  std::vector<std::string> items;
  if (given.kind == TomlValue::Kind::Array) {
    for (const TomlValue& item : given.array) items.push_back(sameForAll(written(item)));
  } else {
    items.push_back(sameForAll(written(given)));
  }
  // Whoever copies a choice with what it says means it.
  for (const std::string& choice : choices_) {
    if (items.size() == 1 && items.front() == plain(choice)) items.front() = plain(choice.substr(0, choice.find(':')));
  }
  std::vector<std::string> right;
  for (const std::string& word : words_) right.push_back(sameForAll(word));
  const bool isAny = form_ == Form::AnyOf && items.size() == 1;
  Verdict verdict{isAny ? std::ranges::find(right, items.front()) != right.end() : items == right, written(given)};
  if (!verdict.isRight && !choices_.empty() && items.size() == 1) {
    const bool known =
        std::ranges::any_of(choices_, [&](const std::string& choice) { return plain(choice).starts_with(items.front() + ":"); });
    if (!known) verdict.got += ": that is none of the choices";
  }
  return verdict;
}

}  // namespace overcommit

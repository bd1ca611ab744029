// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/event_pattern.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "base/nearest.h"
#include "base/units.h"
#include "trace/event_filter.h"
#include "trace/event_text.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kMostWords = 64;  // more than any list of states or reasons has

// The word for a value of a field that has words; "" for a number.
std::string wordOf(EventKind kind, std::size_t field, std::uint64_t value) {
  if (value >= kMostWords) return "";
  Event event;
  event.kind = kind;
  event.values.at(field) = value;
  std::string word = eventValueText(event, field);
  return word == "unknown" || word.find_first_of("0123456789") == 0 ? "" : word;
}

// The number behind a word of a field.
std::optional<std::uint64_t> numberOfWord(EventKind kind, std::size_t field, std::string_view word) {
  for (std::uint64_t value = 0; value < kMostWords; ++value) {
    if (wordOf(kind, field, value) == word) return value;
  }
  return std::nullopt;
}

std::string allWords(EventKind kind, std::size_t field) {
  std::string all;
  for (std::uint64_t value = 0; value < kMostWords; ++value) {
    if (const std::string word = wordOf(kind, field, value); !word.empty()) all += fmt::format("{}{}", all.empty() ? "" : ", ", word);
  }
  return all;
}

std::optional<EventPattern::Condition> readCondition(EventKind kind, const TomlEntry& entry, Mistakes& mistakes) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : infoOf(kind).values) {
    if (!field.empty()) fields.push_back(field);
  }
  const auto index = fieldIndex(kind, entry.key);
  if (!index) {
    mistakes.note(Mistakes::Gravity::Key, entry.position,
                  fmt::format("{} has no field \"{}\"{}; its fields are {}", infoOf(kind).name, entry.key, didYouMean(entry.key, fields),
                              fmt::join(fields, ", ")));
    return std::nullopt;
  }
  const TomlValue& value = entry.value;
  if (value.kind == TomlValue::Kind::Text) {
    if (const auto number = numberOfWord(kind, *index, value.text)) return EventPattern::Condition{*index, *number, *number};
    const std::string words = allWords(kind, *index);
    mistakes.add(value.position, "\"{}\" is no {}{}", value.text, entry.key, words.empty() ? ": it is a number" : ": there are " + words);
    return std::nullopt;
  }
  if (value.kind == TomlValue::Kind::Table) {
    static constexpr std::array<std::string_view, 2> kRange{"min", "max"};
    const KeyReader range(value, entry.key, kRange, mistakes);
    return EventPattern::Condition{*index, range.number("min", 0, kLargestNumber).value_or(0),
                                   range.number("max", 0, kLargestNumber).value_or(UINT64_MAX)};
  }
  const auto number = readNumber(value, entry.key, 0, kLargestNumber, mistakes);
  return number ? std::optional(EventPattern::Condition{*index, *number, *number}) : std::nullopt;
}

std::vector<EventPattern::Condition> readConditions(EventKind kind, const KeyReader& keys, Mistakes& mistakes) {
  std::vector<EventPattern::Condition> conditions;
  const TomlValue* where = keys.table("where");
  if (where == nullptr) return conditions;
  for (const TomlEntry& entry : where->table) {
    if (const auto condition = readCondition(kind, entry, mistakes)) conditions.push_back(*condition);
  }
  return conditions;
}

std::optional<EventKind> readKind(const KeyReader& keys, SourcePosition position, Mistakes& mistakes) {
  const auto name = keys.text("event");
  if (!name) {
    if (!keys.has("event")) mistakes.add(position, "the key \"event\" is missing: a kind of event, such as \"swap-out\"");
    return std::nullopt;
  }
  const auto kind = eventKindNamed(*name);
  if (!kind) {
    mistakes.add(keys.position("event"), "{}", kind.error().text);
    return std::nullopt;
  }
  return *kind;
}

std::optional<EventPattern::Follower> readFollower(EventKind first, const TomlValue& table, Mistakes& mistakes) {
  static constexpr std::array<std::string_view, 3> kKeys{"event", "where", "within"};
  const KeyReader keys(table, "followed_by", kKeys, mistakes);
  const auto kind = readKind(keys, table.position, mistakes);
  keys.require("within");
  const auto within = keys.time("within");
  if (!kind || !within) return std::nullopt;
  for (const EventKind each : {first, *kind}) {
    if (!infoOf(each).hasGfn) {
      mistakes.add(table.position, "followed_by is about a page, and {} has none", infoOf(each).name);
      return std::nullopt;
    }
  }
  return EventPattern::Follower{*kind, readConditions(*kind, keys, mistakes), *within};
}

std::string conditionWords(EventKind kind, std::span<const EventPattern::Condition> conditions) {
  std::string text;
  for (const EventPattern::Condition& condition : conditions) {
    const std::string_view field = infoOf(kind).values.at(condition.value);
    text += condition.least == condition.most
                ? fmt::format(" with {} {}", field, fieldWord(kind, condition.value, condition.least))
                : fmt::format(" with {} from {}{}", field, condition.least,
                              condition.most == UINT64_MAX ? std::string(" on") : fmt::format(" to {}", condition.most));
  }
  return text;
}

bool hold(std::span<const EventPattern::Condition> conditions, const Event& event) {
  return std::ranges::all_of(conditions, [&](const EventPattern::Condition& condition) {
    const std::uint64_t value = event.values.at(condition.value);
    return value >= condition.least && value <= condition.most;
  });
}

}  // namespace

std::optional<std::size_t> fieldIndex(EventKind kind, std::string_view field) {
  const auto& fields = infoOf(kind).values;
  const auto* found = std::ranges::find(fields, field);
  return found == fields.end() || field.empty() ? std::nullopt : std::optional(static_cast<std::size_t>(found - fields.begin()));
}

std::string fieldWord(EventKind kind, std::size_t field, std::uint64_t value) {
  const std::string word = wordOf(kind, field, value);
  return word.empty() ? fmt::format("{}", value) : word;
}

std::string EventPattern::words() const {
  std::string text(infoOf(kind).name);
  if (!vm.empty()) text += fmt::format(" of {}", vm);
  text += conditionWords(kind, where);
  if (!whileState.empty()) {
    text += " while the host is ";
    for (std::size_t i = 0; i < whileState.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : " or ", nameOf(whileState[i]));
  }
  if (from) text += fmt::format(" from {} on", formatExactTime(*from));
  if (to) text += fmt::format(" up to {}", formatExactTime(*to));
  if (follower)
    text += fmt::format(", followed within {} by {}{} of the same page", formatExactTime(follower->within), infoOf(follower->kind).name,
                        conditionWords(follower->kind, follower->where));
  return text;
}

std::optional<EventPattern> readEventPattern(const KeyReader& keys, SourcePosition position, Mistakes& mistakes) {
  const auto kind = readKind(keys, position, mistakes);
  if (!kind) return std::nullopt;
  EventPattern pattern;
  pattern.kind = *kind;
  pattern.vm = keys.text("vm").value_or("");
  pattern.from = keys.time("from");
  pattern.to = keys.time("to");
  pattern.where = readConditions(*kind, keys, mistakes);
  if (const TomlValue* follower = keys.table("followed_by")) pattern.follower = readFollower(*kind, *follower, mistakes);
  if (const TomlValue* states = keys.value("while")) {
    for (const TomlValue& item : states->array) {
      const auto state = numberOfWord(EventKind::FreeStateChange, 0, item.text);
      if (state) {
        pattern.whileState.push_back(static_cast<FreeState>(*state));
      } else {
        mistakes.add(item.position, "while: a free state is high, clear, soft, hard or low");
      }
    }
    if (states->array.empty()) mistakes.add(states->position, "while must be a list of free states, as in while = [\"high\"]");
  }
  return pattern;
}

Result<EventMatcher> EventMatcher::create(const TraceReader& reader, const EventPattern& pattern) {
  EventMatcher matcher(pattern);
  if (!pattern.vm.empty()) {
    const auto vm = vmNamed(reader.header(), pattern.vm);
    if (!vm) return tl::unexpected(vm.error());
    matcher.vm_ = *vm;
  }
  return matcher;
}

bool EventMatcher::matches(const Event& event) {
  const bool inState = pattern_->whileState.empty() || std::ranges::find(pattern_->whileState, state_) != pattern_->whileState.end();
  if (event.kind == EventKind::FreeStateChange) state_ = static_cast<FreeState>(event.values[0]);
  if (event.kind != pattern_->kind || !inState) return false;
  if (vm_ && event.vm != *vm_) return false;
  if (pattern_->from && event.hostTime < *pattern_->from) return false;
  if (pattern_->to && event.hostTime > *pattern_->to) return false;
  return hold(pattern_->where, event);
}

Result<void> forAllEvents(const TraceReader& reader, const std::function<void(const Event&)>& visit) {
  EventStream events = reader.events();
  Event event;
  while (true) {
    const auto more = events.next(event);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    visit(event);
  }
}

Result<void> forMatchingEvents(const TraceReader& reader, const EventPattern& pattern, const std::function<void(const Event&)>& visit) {
  auto matcher = EventMatcher::create(reader, pattern);
  if (!matcher) return tl::unexpected(matcher.error());
  std::map<std::pair<VmId, Gfn>, Event> waiting;  // for what follows, by page
  return forAllEvents(reader, [&](const Event& event) {
    const bool matches = matcher->matches(event);
    if (!pattern.follower) {
      if (matches) visit(event);
      return;
    }
    if (event.kind == pattern.follower->kind && hold(pattern.follower->where, event)) {
      const auto found = waiting.find({event.vm, event.gfn});
      if (found != waiting.end()) {
        if (event.hostTime.value() - found->second.hostTime.value() <= pattern.follower->within.value()) visit(found->second);
        waiting.erase(found);
      }
    }
    if (matches) waiting.insert_or_assign({event.vm, event.gfn}, event);
  });
}

}  // namespace overcommit

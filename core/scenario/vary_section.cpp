// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/vary_section.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest.h"
#include "base/units.h"
#include "scenario/scenario_keys.h"

namespace overcommit {
namespace {

constexpr std::size_t kMostValues = 1000;
constexpr std::size_t kMostParts = 8;  // of a path; no key of a scenario lies deeper
constexpr std::array<std::string_view, 4> kRangeKeys{"from", "to", "step", "quick"};
constexpr std::array<std::string_view, 2> kListKeys{"values", "quick"};

enum class Measure : std::uint8_t { Number, Size, Time };

struct Amount {
  Measure measure = Measure::Number;
  std::uint64_t value = 0;
};

std::optional<Amount> amountOf(const TomlValue& value) {
  if (value.kind == TomlValue::Kind::Integer && value.integer >= 0)
    return Amount{Measure::Number, static_cast<std::uint64_t>(value.integer)};
  if (value.kind != TomlValue::Kind::Text) return std::nullopt;
  if (const auto size = parseBytes(value.text)) return Amount{Measure::Size, size->value()};
  if (const auto time = parseTime(value.text)) return Amount{Measure::Time, time->value()};
  return std::nullopt;
}

// An amount as a scenario has it: exact, in the unit that people would take.
std::string exactText(Amount amount) {
  switch (amount.measure) {
    case Measure::Number: return fmt::format("{}", amount.value);
    case Measure::Size: {
      const std::string text = formatBytes(Bytes(amount.value));
      const auto back = parseBytes(text);
      return back && back->value() == amount.value ? text : fmt::format("{} B", amount.value);
    }
    case Measure::Time: {
      const std::string text = formatTime(VirtualTime(amount.value));
      const auto back = parseTime(text);
      return back && back->value() == amount.value ? text : fmt::format("{} ns", amount.value);
    }
  }
  return "";
}

std::optional<VariedValue> variedValue(const TomlValue& value, std::string_view path, Mistakes& mistakes) {
  VariedValue made;
  made.toml = value;
  if (const auto amount = amountOf(value)) {
    made.text = exactText(*amount);
    made.number = amount->value;
    return made;
  }
  switch (value.kind) {
    case TomlValue::Kind::Text: made.text = value.text; return made;
    case TomlValue::Kind::Boolean:
      made.text = value.boolean ? "true" : "false";
      made.number = value.boolean ? 1 : 0;
      return made;
    case TomlValue::Kind::Integer: mistakes.add(value.position, "a value of \"{}\" cannot be negative", path); return std::nullopt;
    case TomlValue::Kind::Decimal:
    case TomlValue::Kind::Date:
    case TomlValue::Kind::Array:
    case TomlValue::Kind::Table: break;
  }
  mistakes.add(value.position, "a value of \"{}\" must be a whole number, a text, true or false, not {}", path, nameOf(value.kind));
  return std::nullopt;
}

void readList(const TomlValue& list, VariedSetting& setting, Mistakes& mistakes) {
  if (list.kind != TomlValue::Kind::Array) {
    mistakes.add(list.position, "values must be a list, not {}", nameOf(list.kind));
    return;
  }
  if (list.array.empty()) mistakes.add(list.position, "\"{}\" has no values", setting.path);
  if (list.array.size() > kMostValues) {
    mistakes.add(list.position, "\"{}\" has more than {} values", setting.path, kMostValues);
    return;
  }
  for (const TomlValue& item : list.array) {
    if (setting.find(item)) mistakes.add(item.position, "\"{}\" has this value twice", setting.path);
    if (auto value = variedValue(item, setting.path, mistakes)) setting.values.push_back(std::move(*value));
  }
}

// { from = "16 MiB", to = "64 MiB", step = "16 MiB" }: both ends included, if the steps meet the end.
void readRange(const TomlValue& range, VariedSetting& setting, Mistakes& mistakes) {
  std::array<Amount, 3> amounts;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    const TomlEntry* entry = range.find(kRangeKeys[i]);
    if (entry == nullptr) {
      mistakes.add(range.position, "the range of \"{}\" lacks {}: write {{ from = 1, to = 10, step = 1 }}", setting.path, kRangeKeys[i]);
      return;
    }
    const auto amount = amountOf(entry->value);
    if (!amount) {
      mistakes.add(entry->value.position, "{} must be a whole number, a size or a time", kRangeKeys[i]);
      return;
    }
    if (i > 0 && amount->measure != amounts[0].measure) {
      mistakes.add(entry->value.position, "{} must have the same kind of unit as from", kRangeKeys[i]);
      return;
    }
    amounts[i] = *amount;
  }
  const auto [from, to, step] = amounts;
  if (step.value == 0) {
    mistakes.add(range.find("step")->value.position, "step cannot be 0");
    return;
  }
  if (from.value > to.value) {
    mistakes.add(range.position, "from is greater than to: write falling values as a list");
    return;
  }
  if ((to.value - from.value) / step.value >= kMostValues) {
    mistakes.add(range.position, "\"{}\" has more than {} values", setting.path, kMostValues);
    return;
  }
  for (std::uint64_t i = 0; i <= (to.value - from.value) / step.value; ++i) {
    const Amount amount{from.measure, from.value + i * step.value};
    VariedValue value{{}, exactText(amount), amount.value};
    value.toml.position = range.position;
    value.toml.kind = from.measure == Measure::Number ? TomlValue::Kind::Integer : TomlValue::Kind::Text;
    value.toml.text = from.measure == Measure::Number ? "" : value.text;
    value.toml.integer = static_cast<std::int64_t>(amount.value);  // as TOML has it: at most 2^63 - 1
    setting.values.push_back(std::move(value));
  }
}

void readQuick(const TomlValue& quick, VariedSetting& setting, Mistakes& mistakes) {
  if (quick.kind != TomlValue::Kind::Array || quick.array.empty()) {
    mistakes.add(quick.position, "quick must be a list of some of the values");
    return;
  }
  for (const TomlValue& item : quick.array) {
    if (const auto index = setting.find(item)) {
      setting.quick.push_back(*index);
    } else {
      mistakes.add(item.position, "this is not one of the values of \"{}\"", setting.path);
    }
  }
  std::ranges::sort(setting.quick);
  if (std::ranges::adjacent_find(setting.quick) != setting.quick.end()) mistakes.add(quick.position, "quick has a value twice");
}

void readSetting(std::string path, SourcePosition position, const TomlValue& value, std::vector<VariedSetting>& settings,
                 Mistakes& mistakes) {
  if (value.kind == TomlValue::Kind::Array || value.find("values") != nullptr || value.find("from") != nullptr) {
    VariedSetting setting{std::move(path), position, {}, {}};
    const bool isRange = value.kind == TomlValue::Kind::Table && value.find("from") != nullptr;
    const auto known = isRange ? std::span<const std::string_view>(kRangeKeys) : std::span<const std::string_view>(kListKeys);
    for (const TomlEntry& entry : value.table) {
      if (std::ranges::find(known, entry.key) != known.end()) continue;
      mistakes.note(Mistakes::Gravity::Key, entry.position,
                    fmt::format("unknown key \"{}\" for the values of \"{}\"{}: there are {}", entry.key, setting.path,
                                didYouMean(entry.key, known), fmt::join(known, ", ")));
    }
    if (isRange) {
      readRange(value, setting, mistakes);
    } else {
      readList(value.kind == TomlValue::Kind::Array ? value : value.find("values")->value, setting, mistakes);
    }
    if (const TomlEntry* quick = value.find("quick"); quick != nullptr && !mistakes.any()) readQuick(quick->value, setting, mistakes);
    settings.push_back(std::move(setting));
    return;
  }
  // Without quotes, TOML makes tables of a dotted path.
  if (value.kind == TomlValue::Kind::Table && !value.table.empty()) {
    for (const TomlEntry& entry : value.table) readSetting(path + "." + entry.key, entry.position, entry.value, settings, mistakes);
    return;
  }
  mistakes.add(value.position, "\"{}\" must have a list of values, or a range such as {{ from = 1, to = 10, step = 1 }}", path);
}

std::vector<std::string_view> partsOf(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('.', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

class PathWriter {
 public:
  PathWriter(const VariedSetting& setting, const VariedValue& value, Mistakes& mistakes)
      : setting_(setting), value_(value), mistakes_(mistakes), parts_(partsOf(setting.path)) {}

  void write(TomlValue& root) { into(root, 0); }

 private:
  // `place` is what the parts before `next` lead to.
  void into(TomlValue& place, std::size_t next) {
    if (next == parts_.size()) {
      place = value_.toml;
      return;
    }
    if (place.kind == TomlValue::Kind::Array) return intoList(place, next);
    if (place.kind != TomlValue::Kind::Table) {
      mistakes_.add(setting_.position, "\"{}\" leads nowhere: {} is {}, not a table", setting_.path, upTo(next), nameOf(place.kind));
      return;
    }
    const std::string key(parts_[next]);
    auto found = std::ranges::find(place.table, key, &TomlEntry::key);
    if (found == place.table.end()) {
      TomlValue made;
      made.position = setting_.position;
      place.table.push_back({key, setting_.position, made});
      found = std::prev(place.table.end());
    }
    if (next + 1 == parts_.size()) found->position = setting_.position;  // a mistake of this key is one of [vary]
    into(found->value, next + 1);
  }

  // The next part is the name of a table, its number, or a key of every table.
  void intoList(TomlValue& list, std::size_t next) {
    const std::string_view part = parts_[next];
    std::vector<std::string_view> names;
    for (TomlValue& item : list.array) {
      const TomlEntry* name = item.find("name");
      if (name == nullptr || name->value.kind != TomlValue::Kind::Text) continue;
      if (name->value.text == part && next + 1 < parts_.size()) return into(item, next + 1);
      names.emplace_back(name->value.text);
    }
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error == std::errc() && end == part.data() + part.size()) {
      if (number >= 1 && number <= list.array.size()) return into(list.array[number - 1], next + 1);
      mistakes_.add(setting_.position, "\"{}\" leads nowhere: there are {} tables [[{}]]", setting_.path, list.array.size(), upTo(next));
      return;
    }
    const auto keys = keysOf(parts_[next - 1]);
    if (std::ranges::find(keys, part) == keys.end()) {
      std::vector<std::string_view> known = names;
      known.insert(known.end(), keys.begin(), keys.end());
      mistakes_.note(
          Mistakes::Gravity::Key, setting_.position,
          fmt::format("\"{}\" leads nowhere: there is no [[{}]] \"{}\"{}", setting_.path, upTo(next), part, didYouMean(part, known)));
      return;
    }
    for (TomlValue& item : list.array) into(item, next);
  }

  // The path up to a part, without it.
  [[nodiscard]] std::string upTo(std::size_t next) const {
    return fmt::format("{}", fmt::join(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(next), "."));
  }

  const VariedSetting& setting_;
  const VariedValue& value_;
  Mistakes& mistakes_;
  std::vector<std::string_view> parts_;
};

}  // namespace

std::optional<std::size_t> VariedSetting::find(const TomlValue& value) const {
  const auto amount = amountOf(value);
  const auto found = std::ranges::find_if(values, [&](const VariedValue& candidate) {
    if (amount) {
      const auto other = amountOf(candidate.toml);
      return other && other->measure == amount->measure && other->value == amount->value;
    }
    if (value.kind != candidate.toml.kind) return false;
    return value.kind == TomlValue::Kind::Boolean ? value.boolean == candidate.toml.boolean : value.text == candidate.toml.text;
  });
  return found == values.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - values.begin()));
}

std::vector<VariedSetting> readVary(const TomlValue& table, Mistakes& mistakes) {
  std::vector<VariedSetting> settings;
  for (const TomlEntry& entry : table.table) readSetting(entry.key, entry.position, entry.value, settings, mistakes);
  if (table.table.empty())
    mistakes.add(table.position, "[vary] varies nothing: write a setting and its values, as in \"host.options.IdleTax\" = [0, 75]");
  for (std::size_t i = 0; i < settings.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (settings[i].path == settings[j].path) mistakes.add(settings[i].position, "\"{}\" is there twice", settings[i].path);
    }
    if (partsOf(settings[i].path).size() > kMostParts) mistakes.add(settings[i].position, "a path has at most {} parts", kMostParts);
    const std::string_view first = partsOf(settings[i].path).front();
    if (first == "vary" || first == "column" || first == "shape")
      mistakes.add(settings[i].position, "\"{}\" belongs to the sweep, not to the scenario: it cannot be varied", settings[i].path);
  }
  return settings;
}

void applySetting(TomlValue& root, const VariedSetting& setting, const VariedValue& value, Mistakes& mistakes) {
  PathWriter(setting, value, mistakes).write(root);
}

}  // namespace overcommit

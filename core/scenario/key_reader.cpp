// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/key_reader.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/units.h"
#include "scenario/scenario_keys.h"

namespace overcommit {
namespace {

void noteWrongKind(const TomlValue& value, std::string_view name, std::string_view wanted, Mistakes& mistakes) {
  mistakes.add(value.position, "{} must be {}, not {}", name, wanted, nameOf(value.kind));
}

// A text with a unit; a plain number gets the hint that is most likely meant.
const std::string* measureText(const TomlValue& value, std::string_view name, std::string_view kind, std::string_view unit,
                               Mistakes& mistakes) {
  switch (value.kind) {
    case TomlValue::Kind::Text: return &value.text;
    case TomlValue::Kind::Integer:
      if (value.integer < 0) {
        mistakes.add(value.position, "{} cannot be negative", name);
      } else {
        mistakes.add(value.position, "{} needs a unit: write a {} such as \"{}{}\"", name, kind, value.integer, unit);
      }
      return nullptr;
    case TomlValue::Kind::Decimal:
    case TomlValue::Kind::Boolean:
    case TomlValue::Kind::Date:
    case TomlValue::Kind::Array:
    case TomlValue::Kind::Table:
      mistakes.add(value.position, "{} must be a {} such as \"64{}\", not {}", name, kind, unit, nameOf(value.kind));
      return nullptr;
  }
  return nullptr;
}

}  // namespace

void Mistakes::note(Gravity gravity, SourcePosition position, std::string text) {
  if (first_ && std::pair(first_->gravity, first_->position) <= std::pair(gravity, position)) return;
  first_ = Mistake{gravity, position, std::move(text)};
}

Error Mistakes::first() const {
  invariant(first_.has_value(), "the first mistake is asked for when there is one");
  return Error{errorAt(fileName_, first_->position, first_->text)};
}

Error Mistakes::firstText() const {
  invariant(first_.has_value(), "the first mistake is asked for when there is one");
  return Error{first_->text};
}

std::optional<std::string> readText(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  if (value.kind == TomlValue::Kind::Text) return value.text;
  noteWrongKind(value, name, "a text in quotes", mistakes);
  return std::nullopt;
}

std::optional<bool> readBoolean(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  if (value.kind == TomlValue::Kind::Boolean) return value.boolean;
  noteWrongKind(value, name, "true or false", mistakes);
  return std::nullopt;
}

std::optional<std::uint64_t> readNumber(const TomlValue& value, std::string_view name, std::uint64_t least, std::uint64_t most,
                                        Mistakes& mistakes) {
  if (value.kind != TomlValue::Kind::Integer) {
    noteWrongKind(value, name, "a whole number", mistakes);
    return std::nullopt;
  }
  if (value.integer < 0 && least == 0) {
    mistakes.add(value.position, "{} cannot be negative", name);
    return std::nullopt;
  }
  const auto number = static_cast<std::uint64_t>(value.integer);
  if (value.integer < 0 || number < least || number > most) {
    mistakes.add(value.position, "{} = {} is out of range: {} to {}", name, value.integer, least, most);
    return std::nullopt;
  }
  return number;
}

std::optional<Bytes> readSize(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  const std::string* text = measureText(value, name, "size", " MiB", mistakes);
  if (text == nullptr) return std::nullopt;
  const auto size = parseBytes(*text);
  if (size) return *size;
  mistakes.add(value.position, "{}: {}", name, size.error().text);
  return std::nullopt;
}

std::optional<Pages> readPages(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  const auto size = readSize(value, name, mistakes);
  if (!size) return std::nullopt;
  if (size->value() % kPageSize == 0) return pagesOf(*size);
  mistakes.add(value.position, "{} must be whole pages: a multiple of 4 KiB", name);
  return std::nullopt;
}

std::optional<VirtualTime> readTime(const TomlValue& value, std::string_view name, Mistakes& mistakes) {
  const std::string* text = measureText(value, name, "time", "s", mistakes);
  if (text == nullptr) return std::nullopt;
  const auto time = parseTime(*text);
  if (time) return *time;
  mistakes.add(value.position, "{}: {}", name, time.error().text);
  return std::nullopt;
}

KeyReader::KeyReader(const TomlValue& table, std::string_view section, Mistakes& mistakes)
    : KeyReader(table, headingOf(section), keysOf(section), mistakes) {}

KeyReader::KeyReader(const TomlValue& table, std::string_view heading, std::span<const std::string_view> known, Mistakes& mistakes)
    : table_(table), heading_(heading), mistakes_(mistakes) {
  for (const TomlEntry& entry : table.table) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    std::string text = fmt::format("unknown key \"{}\" in {}{}", entry.key, heading, didYouMean(entry.key, known));
    if (!nearest(entry.key, known)) text += fmt::format(": its keys are {}", fmt::join(known, ", "));
    mistakes.note(Mistakes::Gravity::Key, entry.position, std::move(text));
  }
}

const TomlValue* KeyReader::value(std::string_view key) const {
  const TomlEntry* entry = table_.find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

SourcePosition KeyReader::position(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? table_.position : found->position;
}

void KeyReader::require(std::string_view key) const {
  if (!has(key)) mistakes_.add(table_.position, "{} lacks the key \"{}\"", heading_, key);
}

std::optional<std::string> KeyReader::text(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readText(*found, key, mistakes_);
}

std::optional<bool> KeyReader::boolean(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readBoolean(*found, key, mistakes_);
}

std::optional<std::uint64_t> KeyReader::number(std::string_view key, std::uint64_t least, std::uint64_t most) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readNumber(*found, key, least, most, mistakes_);
}

std::optional<Bytes> KeyReader::size(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readSize(*found, key, mistakes_);
}

std::optional<Pages> KeyReader::pages(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readPages(*found, key, mistakes_);
}

std::optional<VirtualTime> KeyReader::time(std::string_view key) const {
  const TomlValue* found = value(key);
  return found == nullptr ? std::nullopt : readTime(*found, key, mistakes_);
}

std::optional<std::size_t> KeyReader::word(std::string_view key, std::span<const std::string_view> words) const {
  const auto given = text(key);
  if (!given) return std::nullopt;
  const auto found = std::ranges::find(words, *given);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  mistakes_.add(position(key), "{} = \"{}\" is not one of {}{}", key, *given, fmt::join(words, ", "), didYouMean(*given, words));
  return std::nullopt;
}

const TomlValue* KeyReader::table(std::string_view key) const {
  const TomlValue* found = value(key);
  if (found == nullptr) return nullptr;
  if (found->kind == TomlValue::Kind::Table) return found;
  if (found->kind == TomlValue::Kind::Array) {
    mistakes_.add(found->position, "there is only one {}: write [{}] with single brackets", key, key);
  } else {
    mistakes_.add(found->position, "{} must be a table: write [{}] and its keys on the lines below", key, key);
  }
  return nullptr;
}

std::span<const TomlValue> KeyReader::tables(std::string_view key) const {
  const TomlValue* found = value(key);
  if (found == nullptr) return {};
  const bool ofTables = found->kind == TomlValue::Kind::Array &&
                        std::ranges::all_of(found->array, [](const TomlValue& item) { return item.kind == TomlValue::Kind::Table; });
  if (ofTables) return found->array;
  mistakes_.add(found->position, "there may be several {}: write [[{}]] with double brackets", key, key);
  return {};
}

}  // namespace overcommit

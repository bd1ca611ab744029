// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/toml_document.h"

#include <fmt/format.h>

#include <algorithm>

// This file is the only one that sees the TOML library: used from its headers, and built to return errors instead of throwing.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace overcommit {
namespace {

SourcePosition positionOf(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

// The library limits nesting, so the recursion is bounded.
TomlValue convert(const toml::node& node) {
  TomlValue value;
  value.position = positionOf(node.source());
  if (const auto* table = node.as_table()) {
    value.kind = TomlValue::Kind::Table;
    for (const auto& [key, child] : *table) value.table.push_back({std::string(key.str()), positionOf(key.source()), convert(child)});
    std::ranges::stable_sort(value.table, {}, &TomlEntry::position);
  } else if (const auto* array = node.as_array()) {
    value.kind = TomlValue::Kind::Array;
    for (const toml::node& child : *array) value.array.push_back(convert(child));
  } else if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::Text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::Integer;
    value.integer = integer->get();
  } else if (const auto* decimal = node.as_floating_point()) {
    value.kind = TomlValue::Kind::Decimal;
    value.decimal = decimal->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::Boolean;
    value.boolean = boolean->get();
  } else {
    value.kind = TomlValue::Kind::Date;
  }
  return value;
}

}  // namespace

const TomlEntry* TomlValue::find(std::string_view key) const {
  const auto found = std::ranges::find(table, key, &TomlEntry::key);
  return found == table.end() ? nullptr : &*found;
}

std::string_view nameOf(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::Boolean: return "true or false";
    case TomlValue::Kind::Integer: return "a whole number";
    case TomlValue::Kind::Decimal: return "a number with decimals";
    case TomlValue::Kind::Text: return "a text";
    case TomlValue::Kind::Date: return "a date or time of day";
    case TomlValue::Kind::Array: return "a list";
    case TomlValue::Kind::Table: return "a table";
  }
  return "";
}

std::string errorAt(std::string_view fileName, SourcePosition position, std::string_view text) {
  return fmt::format("{}:{}:{}: {}", fileName, position.line, position.column, text);
}

Result<TomlValue> parseToml(std::string_view text, std::string_view fileName) {
  if (text.size() > kLargestScenario) return failure("{}: the file is larger than 1 MiB: no scenario is that long", fileName);
  const toml::parse_result result = toml::parse(text);
  if (!result) return failure("{}", errorAt(fileName, positionOf(result.error().source()), result.error().description()));
  return convert(result.table());
}

}  // namespace overcommit

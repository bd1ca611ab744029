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

std::string inlineText(const TomlValue& value) {
  std::string out;
  const auto separate = [&] {
    if (out.size() > 2) out += ", ";
  };
  switch (value.kind) {
    case TomlValue::Kind::Boolean: return value.boolean ? "true" : "false";
    case TomlValue::Kind::Integer: return fmt::format("{}", value.integer);
    case TomlValue::Kind::Decimal: return fmt::format("{:#}", value.decimal);
    case TomlValue::Kind::Text: return tomlText(value.text);
    case TomlValue::Kind::Date: return "";
    case TomlValue::Kind::Array:
      out = "[ ";
      for (const TomlValue& item : value.array) {
        separate();
        out += inlineText(item);
      }
      return out + " ]";
    case TomlValue::Kind::Table:
      out = "{ ";
      for (const TomlEntry& entry : value.table) {
        separate();
        out += fmt::format("{} = {}", tomlText(entry.key), inlineText(entry.value));
      }
      return out + " }";
  }
  return "";
}

std::string tomlKey(std::string_view key) {
  const bool isBare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return isBare ? std::string(key) : tomlText(key);
}

bool isListOfTables(const TomlValue& value) {
  return value.kind == TomlValue::Kind::Array && !value.array.empty() &&
         std::ranges::all_of(value.array, [](const TomlValue& item) { return item.kind == TomlValue::Kind::Table; });
}

// Plain values first: what follows a [heading] belongs to it.
void appendTable(std::string& out, const TomlValue& table, const std::string& path) {
  for (const TomlEntry& entry : table.table) {
    const bool isPlain =
        entry.value.kind != TomlValue::Kind::Table && entry.value.kind != TomlValue::Kind::Date && !isListOfTables(entry.value);
    if (isPlain) out += fmt::format("{} = {}\n", tomlKey(entry.key), inlineText(entry.value));
  }
  for (const TomlEntry& entry : table.table) {
    const std::string name = path.empty() ? tomlKey(entry.key) : path + "." + tomlKey(entry.key);
    if (entry.value.kind == TomlValue::Kind::Table) {
      out += fmt::format("\n[{}]\n", name);
      appendTable(out, entry.value, name);
    } else if (isListOfTables(entry.value)) {
      for (const TomlValue& item : entry.value.array) {
        out += fmt::format("\n[[{}]]\n", name);
        appendTable(out, item, name);
      }
    }
  }
}

}  // namespace

std::string tomlText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string formatToml(const TomlValue& root) {
  std::string out;
  appendTable(out, root, "");
  return out;
}

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

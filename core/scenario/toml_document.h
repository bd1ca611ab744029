// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace overcommit {

struct SourcePosition {
  std::uint32_t line = 0;  // from 1
  std::uint32_t column = 0;
  friend auto operator<=>(const SourcePosition&, const SourcePosition&) = default;
};

struct TomlEntry;

// A TOML document as plain values, each with its place in the file. The parser behind it is seen by toml_document.cpp alone.
struct TomlValue {
  enum class Kind : std::uint8_t { Boolean, Integer, Decimal, Text, Date, Array, Table };
  Kind kind = Kind::Table;
  SourcePosition position;
  bool boolean = false;
  std::int64_t integer = 0;
  double decimal = 0;
  std::string text;
  std::vector<TomlValue> array;
  std::vector<TomlEntry> table;  // in the order of the file

  [[nodiscard]] const TomlEntry* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  SourcePosition position;  // of the key
  TomlValue value;
};

std::string_view nameOf(TomlValue::Kind kind);  // "a number", "a table", …

// "file.toml:12:3: text"
std::string errorAt(std::string_view fileName, SourcePosition position, std::string_view text);

// The root table. Errors carry file, line and column. Text above kLargestScenario bytes is refused.
inline constexpr std::size_t kLargestScenario = 1u << 20;
Result<TomlValue> parseToml(std::string_view text, std::string_view fileName);

// A text in quotes, as a file has it.
std::string tomlText(std::string_view text);

// The text of a root table: parsed again, it gives the same values. Dates, which no scenario has, are left out.
std::string formatToml(const TomlValue& root);

}  // namespace overcommit

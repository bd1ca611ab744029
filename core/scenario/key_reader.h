// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "scenario/toml_document.h"

namespace overcommit {

// The mistakes found in one file. Reading goes on after a mistake with a stand-in value; the one to show is the earliest in the
// file among the gravest: a misspelt key explains a missing one.
class Mistakes {
 public:
  enum class Gravity : std::uint8_t { Key, Value };

  explicit Mistakes(std::string fileName) : fileName_(std::move(fileName)) {}

  template <typename... Args>
  void add(SourcePosition position, fmt::format_string<Args...> format, Args&&... args) {
    note(Gravity::Value, position, fmt::format(format, std::forward<Args>(args)...));
  }
  void note(Gravity gravity, SourcePosition position, std::string text);

  [[nodiscard]] bool any() const { return first_.has_value(); }
  // There must be one.
  [[nodiscard]] Error first() const;
  // The same without its place: of what is in no file.
  [[nodiscard]] Error firstText() const;

 private:
  struct Mistake {
    Gravity gravity;
    SourcePosition position;
    std::string text;
  };
  std::string fileName_;
  std::optional<Mistake> first_;
};

// Typed access to the keys of one table of a scenario. A key that is absent gives nothing; a value of the wrong type or range is
// noted as a mistake and gives nothing.
class KeyReader {
 public:
  // Notes every key that the section (see scenarioKeys()) does not have.
  KeyReader(const TomlValue& table, std::string_view section, Mistakes& mistakes);
  // The same for a table of another kind of file: its keys, and what to call it in messages, "[[check]]".
  KeyReader(const TomlValue& table, std::string_view heading, std::span<const std::string_view> known, Mistakes& mistakes);

  [[nodiscard]] bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  [[nodiscard]] const TomlValue* value(std::string_view key) const;
  // Where to point for a key: its value, or the table when it is absent.
  [[nodiscard]] SourcePosition position(std::string_view key) const;
  // Notes a mistake if the key is absent.
  void require(std::string_view key) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] std::optional<Bytes> size(std::string_view key) const;
  [[nodiscard]] std::optional<Pages> pages(std::string_view key) const;  // a size in whole pages
  [[nodiscard]] std::optional<VirtualTime> time(std::string_view key) const;
  // The index of the word in `words`.
  [[nodiscard]] std::optional<std::size_t> word(std::string_view key, std::span<const std::string_view> words) const;
  // A table, or a list of tables.
  [[nodiscard]] const TomlValue* table(std::string_view key) const;
  [[nodiscard]] std::span<const TomlValue> tables(std::string_view key) const;

 private:
  const TomlValue& table_;
  std::string_view heading_;
  Mistakes& mistakes_;
};

// The same for one value; `name` is what to call it in messages.
std::optional<std::string> readText(const TomlValue& value, std::string_view name, Mistakes& mistakes);
std::optional<bool> readBoolean(const TomlValue& value, std::string_view name, Mistakes& mistakes);
std::optional<std::uint64_t> readNumber(const TomlValue& value, std::string_view name, std::uint64_t least, std::uint64_t most,
                                        Mistakes& mistakes);
std::optional<Bytes> readSize(const TomlValue& value, std::string_view name, Mistakes& mistakes);
std::optional<Pages> readPages(const TomlValue& value, std::string_view name, Mistakes& mistakes);
std::optional<VirtualTime> readTime(const TomlValue& value, std::string_view name, Mistakes& mistakes);

// Numbers in TOML are signed 64-bit.
inline constexpr std::uint64_t kLargestNumber = 0x7fff'ffff'ffff'ffffu;

}  // namespace overcommit

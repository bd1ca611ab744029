// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/units.h"

#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <span>

namespace overcommit {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kSizes{Unit{"B", 1},
                            Unit{"KiB", 1ull << 10},
                            Unit{"MiB", 1ull << 20},
                            Unit{"GiB", 1ull << 30},
                            Unit{"TiB", 1ull << 40},
                            Unit{"pages", kPageSize}};
constexpr std::array kTimes{Unit{"ns", 1},
                            Unit{"us", 1'000},
                            Unit{"ms", 1'000'000},
                            Unit{"s", 1'000'000'000},
                            Unit{"min", 60'000'000'000},
                            Unit{"h", 3'600'000'000'000}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The scaled value, or nothing when it is no whole number or does not fit 63 bits.
std::optional<std::uint64_t> scale(std::uint64_t whole, std::string_view decimals, std::uint64_t factor) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (whole > kMost / factor) return std::nullopt;
  std::uint64_t result = whole * factor;
  std::uint64_t part = factor;
  std::uint64_t denominator = 1;
  std::uint64_t numerator = 0;
  if (decimals.size() > 9) return std::nullopt;
  for (const char digit : decimals) {
    numerator = numerator * 10 + static_cast<std::uint64_t>(digit - '0');
    denominator *= 10;
  }
  // numerator < 10^9 and factor <= 2^40 or 3.6 * 10^12: split so that the product fits.
  const std::uint64_t quotient = part / denominator;
  const std::uint64_t rest = part % denominator;
  const std::uint64_t restProduct = rest * numerator;
  if (restProduct % denominator != 0) return std::nullopt;
  result += quotient * numerator + restProduct / denominator;
  if (result > kMost) return std::nullopt;
  return result;
}

Result<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::string_view kind, std::string_view example) {
  std::size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  const std::size_t numberStart = at;
  std::uint64_t whole = 0;
  while (at < text.size() && isDigit(text[at])) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (whole > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return failure("the {} \"{}\" is too large", kind, text);
    whole = whole * 10 + digit;
    ++at;
  }
  if (at == numberStart) return failure("\"{}\" is not a {}: write a number and a unit, for example \"{}\"", text, kind, example);
  std::string_view decimals;
  if (at < text.size() && text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && isDigit(text[at])) ++at;
    decimals = text.substr(start, at - start);
    if (decimals.empty()) return failure("\"{}\" is not a {}: digits are missing behind the point", text, kind);
  }
  while (at < text.size() && text[at] == ' ') ++at;
  std::string_view name = text.substr(at);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  std::string known;
  for (const Unit& unit : units) {
    if (unit.name == name) {
      const auto value = scale(whole, decimals, unit.factor);
      if (!value) return failure("the {} \"{}\" is too large or no whole number of {}", kind, text, units.front().name);
      return *value;
    }
    known += known.empty() ? "" : ", ";
    known += unit.name;
  }
  if (name.empty()) return failure("the {} \"{}\" has no unit: write one of {}, for example \"{}\"", kind, text, known, example);
  return failure("the {} \"{}\" has an unknown unit \"{}\": use one of {}", kind, text, name, known);
}

std::string format(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value >= unit.factor && unit.factor >= best->factor) best = &unit;
  }
  if (value % best->factor == 0) return fmt::format("{} {}", value / best->factor, best->name);
  return fmt::format("{:.1f} {}", static_cast<double>(value) / static_cast<double>(best->factor), best->name);
}

}  // namespace

Result<Bytes> parseBytes(std::string_view text) {
  return parse(text, kSizes, "size", "64 MiB").map([](std::uint64_t value) { return Bytes(value); });
}

Result<VirtualTime> parseTime(std::string_view text) {
  return parse(text, kTimes, "time", "30s").map([](std::uint64_t value) { return VirtualTime(value); });
}

// "pages", "min" and "h" are accepted on input only.
std::string formatBytes(Bytes bytes) { return format(bytes.value(), std::span(kSizes).first(5)); }
std::string formatTime(VirtualTime time) { return format(time.value(), std::span(kTimes).first(4)); }

std::string formatExactTime(VirtualTime time) {
  const Unit* whole = &kTimes.front();
  for (const Unit& unit : std::span(kTimes).first(4)) {
    if (time.value() % unit.factor == 0) whole = &unit;
  }
  return fmt::format("{} {}", time.value() / whole->factor, whole->name);
}

}  // namespace overcommit

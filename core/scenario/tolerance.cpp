// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/tolerance.h"

#include <charconv>

#include "policy/wide.h"
#include "scenario/expectation.h"
#include "scenario/timeline_section.h"

namespace overcommit {

bool Tolerance::accepts(std::uint64_t right, std::uint64_t given) const {
  const std::uint64_t off = right > given ? right - given : given - right;
  if (off <= amount) return true;
  return static_cast<Wide>(off) * 1000 <= static_cast<Wide>(right) * permille;
}

std::string Tolerance::text(MetricUnit unit) const {
  if (permille != 0) return permille % 10 == 0 ? fmt::format("{} %", permille / 10) : fmt::format("{}.{} %", permille / 10, permille % 10);
  return amount == 0 ? "exact" : formatValue(amount, unit);
}

std::optional<std::uint64_t> permilleOf(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  constexpr std::uint64_t kMostWhole = 1'000'000;
  std::uint64_t whole = 0;
  const char* const textEnd = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), textEnd, whole);
  if (error != std::errc() || whole > kMostWhole) return std::nullopt;
  if (end == textEnd) return whole * 10;
  const bool oneDecimal = textEnd - end == 2 && end[0] == '.' && end[1] >= '0' && end[1] <= '9';
  return oneDecimal ? std::optional(whole * 10 + static_cast<std::uint64_t>(end[1] - '0')) : std::nullopt;
}

std::optional<Tolerance> readTolerance(const KeyReader& keys, std::string_view key, MetricUnit unit, Mistakes& mistakes) {
  const TomlValue* value = keys.value(key);
  if (value == nullptr) return Tolerance{};
  if (value->kind == TomlValue::Kind::Text && value->text.ends_with('%')) {
    const auto permille = permilleOf(value->text);
    if (permille) return Tolerance{*permille, 0};
    mistakes.add(value->position, "{} = \"{}\" is not a percentage such as \"5 %\" or \"2.5 %\"", key, value->text);
    return std::nullopt;
  }
  const auto amount = readMetricValue(keys, key, unit, mistakes);
  return amount ? std::optional(Tolerance{0, *amount}) : std::nullopt;
}

}  // namespace overcommit

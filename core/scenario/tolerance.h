// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/metrics.h"
#include "scenario/key_reader.h"

namespace overcommit {

// How far an answer may be from what is right: a share of it, or an amount in the metric's unit. The default is not at all.
struct Tolerance {
  std::uint64_t permille = 0;
  std::uint64_t amount = 0;

  [[nodiscard]] bool accepts(std::uint64_t right, std::uint64_t given) const;
  [[nodiscard]] std::string text(MetricUnit unit) const;  // "5 %", "64 KiB", "exact"
};

// "5 %", "2.5 %", or an amount: a size, a time or a plain number, by the unit.
std::optional<Tolerance> readTolerance(const KeyReader& keys, std::string_view key, MetricUnit unit, Mistakes& mistakes);

// "12.5 %" in permille; nothing: it is no percentage with at most one decimal.
std::optional<std::uint64_t> permilleOf(std::string_view text);

}  // namespace overcommit

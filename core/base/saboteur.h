// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace overcommit {

// Faults that can be put into the engine on purpose, so that students find them and their tests are tested. A run has at most one, says so
// in its trace and in every report, and its results are good for nothing else. Without --sabotage, or a lab that asks for it, there is none.
enum class Saboteur : std::uint8_t {
  None,
  MissingBreak,
  HashOnlyMatch,
  UnpinnedBalloon,
  NoFitCheck,
  StaleWindow,
  WrongThresholdDirection,
  NoHysteresis,
  IgnoredTax,
  NewestEvicted,
};

struct SaboteurInfo {
  Saboteur saboteur;
  std::string_view name;     // as --sabotage takes it
  std::string_view breaks;   // what the engine does wrong
  std::string_view foundBy;  // how that shows
};
// Without None.
std::span<const SaboteurInfo> saboteurTable();
std::string_view nameOf(Saboteur saboteur);  // None: ""
std::optional<Saboteur> saboteurNamed(std::string_view name);

}  // namespace overcommit

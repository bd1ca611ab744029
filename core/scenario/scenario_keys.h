// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scenario/key_table.h"

namespace overcommit {

// Every key of a scenario file; docs/reference/scenario.md is held against it.
using ScenarioKey = FileKey;
std::span<const ScenarioKey> scenarioKeys();

std::vector<std::string_view> keysOf(std::string_view section);
// "[host]", "[[vm]]", "the top of the file"
std::string_view headingOf(std::string_view section);

}  // namespace overcommit

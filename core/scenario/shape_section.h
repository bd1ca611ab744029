// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "scenario/shape.h"

namespace overcommit {

// Reads every [[shape]]. Needs what [vary] and [[column]] say.
std::vector<Shape> readShapes(std::span<const TomlValue> tables, std::span<const VariedSetting> settings,
                              std::span<const SweepColumn> columns, Mistakes& mistakes);

}  // namespace overcommit

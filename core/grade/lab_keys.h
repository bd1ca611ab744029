// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scenario/key_table.h"

namespace overcommit {

// Every key of a lab.toml; docs/reference/lab.md is held against it.
using LabKey = FileKey;
std::span<const LabKey> labKeys();
std::vector<std::string_view> labKeysOf(std::string_view section);
std::string_view labHeadingOf(std::string_view section);

}  // namespace overcommit

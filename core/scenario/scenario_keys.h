// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace overcommit {

// Every key of a scenario file. The one list: the parser refuses keys that are not in it, suggests from it, and a test holds
// docs/reference/scenario.md against it.
struct ScenarioKey {
  std::string_view section;  // "" for the top, "host", "vm", …
  std::string_view key;
  std::string_view type;      // "size", "time", "number", "text", "true/false", "a | b"
  std::string_view fallback;  // as written in a file; "required", or "" when nothing stands in
  std::string_view meaning;
};
std::span<const ScenarioKey> scenarioKeys();

std::vector<std::string_view> keysOf(std::string_view section);
// "[host]", "[[vm]]", "the top of the file"
std::string_view headingOf(std::string_view section);

}  // namespace overcommit

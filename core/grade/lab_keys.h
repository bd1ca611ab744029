// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace overcommit {

// Every key of a lab.toml. The one list: the parser refuses keys that are not in it, suggests from it, and a test holds
// docs/reference/lab.md against it.
struct LabKey {
  std::string_view section;  // "" for the top, "run", "check", ...
  std::string_view key;
  std::string_view type;
  std::string_view fallback;  // as written in a file; "required", or "" when nothing stands in
  std::string_view meaning;
};
std::span<const LabKey> labKeys();
std::vector<std::string_view> labKeysOf(std::string_view section);
std::string_view labHeadingOf(std::string_view section);

}  // namespace overcommit

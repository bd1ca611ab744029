// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace overcommit {

// A key that a kind of TOML file may have. The table of all of them is the one list: the parser refuses keys that are not in it, suggests
// from it, and a test holds the reference page against it.
struct FileKey {
  std::string_view section;  // "" for the top, "host", "vm", …
  std::string_view key;
  std::string_view type;      // "size", "time", "number", "text", "true/false", "a | b"
  std::string_view fallback;  // as written in a file; "required", or "" when nothing stands in
  std::string_view meaning;
};
// What a section is called: "[host]", "[[vm]]", "the top of the file".
struct FileHeading {
  std::string_view section, heading;
};

std::vector<std::string_view> keysIn(std::span<const FileKey> table, std::string_view section);
// The section's own name where there is none.
std::string_view headingIn(std::span<const FileHeading> headings, std::string_view section);

}  // namespace overcommit

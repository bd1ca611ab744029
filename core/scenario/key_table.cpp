// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/key_table.h"

#include <algorithm>

namespace overcommit {

std::vector<std::string_view> keysIn(std::span<const FileKey> table, std::string_view section) {
  std::vector<std::string_view> keys;
  for (const FileKey& key : table) {
    if (key.section == section) keys.push_back(key.key);
  }
  return keys;
}

std::string_view headingIn(std::span<const FileHeading> headings, std::string_view section) {
  const auto found = std::ranges::find(headings, section, &FileHeading::section);
  return found == headings.end() ? section : found->heading;
}

}  // namespace overcommit

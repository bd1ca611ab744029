// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/key_reader.h"

namespace overcommit {

// One of the values that a setting takes in a sweep.
struct VariedValue {
  TomlValue toml;                       // as if it stood in the scenario; its position is that of the list it comes from
  std::string text;                     // "64 MiB", "75", "true", "linux-a"
  std::optional<std::uint64_t> number;  // bytes, nanoseconds, the number itself, 0 or 1; nothing for words
};

// A line of [vary]: a setting of the scenario and the values that it takes, in the order of the file.
struct VariedSetting {
  std::string path;         // "host.options.IdleTax", "vm.web.memory"
  SourcePosition position;  // of its key
  std::vector<VariedValue> values;
  std::vector<std::size_t> quick;  // which of them a quick look takes; empty: all

  // The index of a value that is written in the file; nothing: it is not one of them.
  [[nodiscard]] std::optional<std::size_t> find(const TomlValue& value) const;
};

// Reads [vary]; whether the settings exist is found by applying them.
std::vector<VariedSetting> readVary(const TomlValue& table, Mistakes& mistakes);

// Writes one value into a scenario, where the setting's path leads:
//     seed                      a key at the top
//     host.options.IdleTax      a key of a table, which is made if it is not there
//     vm.web.memory             a key of the [[vm]] that is named web
//     vm.memory                 the same key of every [[vm]]
//     at.2.set.limit            a key of the second [[at]]
// Notes a path that leads nowhere. A key that the scenario does not know is found when the result is read.
void applySetting(TomlValue& root, const VariedSetting& setting, const VariedValue& value, Mistakes& mistakes);

}  // namespace overcommit

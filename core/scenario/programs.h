// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace overcommit {

// The programs of the reference guest, as guests/abi/programs.inc lists them: for checking scenarios and for
// `overcommit programs`.
enum class ArgumentUnit : std::uint8_t { Size, Time, Count, Permille };
std::string_view nameOf(ArgumentUnit unit);  // "size", "time", "count", "permille"

struct ProgramArgument {
  std::string_view name;
  ArgumentUnit unit;
  std::uint64_t fallback;  // bytes, nanoseconds, a count or permille
  std::string_view meaning;
};
struct ProgramInfo {
  std::string_view name;
  std::string_view meaning;
  std::vector<ProgramArgument> arguments;
};
std::span<const ProgramInfo> guestPrograms();
const ProgramInfo* findProgram(std::string_view name);

}  // namespace overcommit

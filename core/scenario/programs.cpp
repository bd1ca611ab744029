// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/programs.h"

#include <algorithm>

namespace overcommit {
namespace {

enum Unit : std::uint8_t { BYTES, TIME, COUNT, PERMILLE };

constexpr ArgumentUnit unitOf(Unit unit) {
  switch (unit) {
    case BYTES: return ArgumentUnit::Size;
    case TIME: return ArgumentUnit::Time;
    case COUNT: return ArgumentUnit::Count;
    case PERMILLE: return ArgumentUnit::Permille;
  }
  return ArgumentUnit::Count;
}

// The list is made once; it never changes.
std::vector<ProgramInfo> readPrograms() {
  std::vector<ProgramInfo> programs;
  const auto addArgument = [&](std::string_view program, const ProgramArgument& argument) {
    const auto found = std::ranges::find(programs, program, &ProgramInfo::name);
    if (found != programs.end()) found->arguments.push_back(argument);
  };
#define OC_PROGRAM(symbol, name, meaning) programs.push_back({name, meaning, {}});
#define OC_ARGUMENT(program, name, unit, fallback, meaning) addArgument(program, {name, unitOf(unit), fallback, meaning});
#include "abi/programs.inc"
#undef OC_PROGRAM
#undef OC_ARGUMENT
  return programs;
}

}  // namespace

std::string_view nameOf(ArgumentUnit unit) {
  switch (unit) {
    case ArgumentUnit::Size: return "size";
    case ArgumentUnit::Time: return "time";
    case ArgumentUnit::Count: return "count";
    case ArgumentUnit::Permille: return "permille";
  }
  return "";
}

std::span<const ProgramInfo> guestPrograms() {
  static const std::vector<ProgramInfo> programs = readPrograms();
  return programs;
}

const ProgramInfo* findProgram(std::string_view name) {
  const auto programs = guestPrograms();
  const auto found = std::ranges::find(programs, name, &ProgramInfo::name);
  return found == programs.end() ? nullptr : &*found;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

namespace overcommit::test {

// What a guest does: one access to memory that the compiler neither leaves out nor moves.
inline std::byte readAt(const std::byte* at) { return *static_cast<const volatile std::byte*>(at); }
inline void writeAt(std::byte* at, std::byte value) { *static_cast<volatile std::byte*>(at) = value; }

// The kernel's count of mappings that lie in [base, base + bytes), one at least partly.
inline std::size_t mappingsIn(const std::byte* base, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(base), end = begin + bytes;
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    fields >> std::hex >> from >> dash >> to;
    if (from < end && to > begin) ++count;
  }
  return count;
}

}  // namespace overcommit::test

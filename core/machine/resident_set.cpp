// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/resident_set.h"

#include <cstdint>
#include <fstream>
#include <string>

namespace overcommit {

Bytes residentSet() {
  std::ifstream file("/proc/self/status");
  std::string word;
  while (file >> word) {
    std::uint64_t kibibytes = 0;
    if (word == "RssAnon:" && file >> kibibytes) return Bytes(kibibytes * 1024);
  }
  return Bytes(0);
}

}  // namespace overcommit

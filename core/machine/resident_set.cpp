// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/resident_set.h"

#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace overcommit {

Bytes residentSet() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return Bytes(0);
  return Bytes(resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/host_pages.h"

#include <unistd.h>

#include "base/units.h"

namespace overcommit {

Bytes hostPageSize() { return Bytes(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))); }

Result<void> checkHostPages(Bytes pageSize) {
  if (pageSize == Bytes(kPageSize)) return {};
  return failure(
      "this machine's memory has pages of {}, and guests' pages of {} cannot be mapped one by one there; start the machine with a kernel "
      "that has pages of {} (on a Raspberry Pi 5: kernel=kernel8.img in config.txt), or run Overcommit in a virtual machine with such a "
      "kernel",
      formatBytes(pageSize), formatBytes(Bytes(kPageSize)), formatBytes(Bytes(kPageSize)));
}

}  // namespace overcommit

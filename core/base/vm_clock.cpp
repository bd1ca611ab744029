// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/vm_clock.h"

namespace overcommit {

std::string_view nameOf(TimeUse use) {
  switch (use) {
    case TimeUse::Run: return "run";
    case TimeUse::Idle: return "idle";
    case TimeUse::FirstTouch: return "first_touch";
    case TimeUse::Break: return "break";
    case TimeUse::Unzip: return "unzip";
    case TimeUse::SwapIn: return "swap_in";
    case TimeUse::DiskQueue: return "disk_queue";
    case TimeUse::GuestDisk: return "guest_disk";
    case TimeUse::GuestPaging: return "guest_paging";
    case TimeUse::Reclaim: return "reclaim";
    case TimeUse::Blocked: return "blocked";
  }
  return "unknown";
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/disk_queue.h"

#include <algorithm>

namespace overcommit {

DiskQueue::Served DiskQueue::submit(VirtualTime now, VirtualTime service) {
  if (bandwidth_ != 0) service = std::max(service, nanoseconds(kPageSize * 1'000'000'000 / bandwidth_));
  const VirtualTime start = std::max(now, busyUntil_);
  busyUntil_ = start + service;
  submitted_ += service;
  ++requests_;
  return {start - now, service};
}

VirtualTime DiskQueue::busyTime(VirtualTime now) const {
  const VirtualTime ahead = busyUntil_ - std::min(now, busyUntil_);
  return submitted_ - std::min(ahead, submitted_);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// A disk as everybody on it sees it: one queue with its own busy-until clock. Requests are served in the order of submission,
// one after the other; nothing is reordered or merged.
class DiskQueue {
 public:
  // `bandwidth` in bytes per virtual second bounds how fast pages follow each other; 0 = only the service time counts.
  explicit DiskQueue(std::uint64_t bandwidth) : bandwidth_(bandwidth) {}

  struct Served {
    VirtualTime queued;   // waited behind others
    VirtualTime service;  // the device's own time
    [[nodiscard]] VirtualTime total() const { return queued + service; }
  };
  // One page, submitted at `now`, occupying the device for `service`.
  Served submit(VirtualTime now, VirtualTime service);

  [[nodiscard]] VirtualTime busyUntil() const { return busyUntil_; }
  // Of the work submitted so far, what is done by `now`.
  [[nodiscard]] VirtualTime busyTime(VirtualTime now) const;
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  std::uint64_t bandwidth_;
  VirtualTime busyUntil_;
  VirtualTime submitted_;
  std::uint64_t requests_ = 0;
};

}  // namespace overcommit

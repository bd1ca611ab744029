// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/hash.h"
#include "base/vm_clock.h"
#include "devices/latency_histogram.h"

namespace overcommit {

// Counts what a guest gets done. An operation's latency is the VM's time from the end of the one before, or from the end of a
// wait, to its own end.
class Meter {
 public:
  explicit Meter(VirtualTime start) : since_(start) {}

  // `count` operations ended at `now`; their time is shared evenly.
  void operationsDone(std::uint64_t count, VirtualTime now);
  void waited(VirtualTime now) { since_ = now; }
  void result(std::uint64_t checksum);

  [[nodiscard]] std::uint64_t operations() const { return latency_.count(); }
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }
  [[nodiscard]] std::uint64_t results() const { return results_; }
  // Over all checksums reported so far, in order.
  [[nodiscard]] Digest resultDigest() const { return digest_.digest(); }

 private:
  VirtualTime since_;
  LatencyHistogram latency_;
  std::uint64_t results_ = 0;
  DigestStream digest_;
};

}  // namespace overcommit

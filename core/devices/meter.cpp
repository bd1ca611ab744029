// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/meter.h"

#include <span>

namespace overcommit {

void Meter::operationsDone(std::uint64_t count, VirtualTime now) {
  if (count == 0) return;
  latency_.add((now - since_) / count, count);
  since_ = now;
}

void Meter::result(std::uint64_t checksum) {
  ++results_;
  digest_.add(std::as_bytes(std::span(&checksum, 1)));
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// How long operations took, in buckets of 1/16 of a power of two, so that a percentile is exact to 6 % whatever its size.
class LatencyHistogram {
 public:
  void add(VirtualTime latency, std::uint64_t times = 1);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The latency that `permille` of the operations did not exceed (upper edge of its bucket); 0 without operations.
  [[nodiscard]] VirtualTime percentile(std::uint64_t permille) const;

 private:
  static constexpr unsigned kSubBits = 4;
  static std::size_t bucketOf(std::uint64_t value);
  static std::uint64_t upperEdge(std::size_t bucket);
  std::array<std::uint64_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace overcommit

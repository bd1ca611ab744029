// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/latency_histogram.h"

#include <bit>

namespace overcommit {

// Values below 16 have a bucket each; above, the four bits behind the highest set bit choose one of 16 buckets of that power.
std::size_t LatencyHistogram::bucketOf(std::uint64_t value) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << kSubBits;
  if (value < kExact) return static_cast<std::size_t>(value);
  const auto power = static_cast<unsigned>(std::bit_width(value)) - 1;
  const std::uint64_t sub = (value >> (power - kSubBits)) & (kExact - 1);
  return static_cast<std::size_t>(((power - kSubBits + 1) << kSubBits) + sub);
}

std::uint64_t LatencyHistogram::upperEdge(std::size_t bucket) {
  constexpr std::size_t kExact = std::size_t{1} << kSubBits;
  if (bucket < kExact) return bucket;
  const std::size_t power = (bucket >> kSubBits) + kSubBits - 1;
  const std::uint64_t sub = bucket & (kExact - 1);
  const std::uint64_t step = std::uint64_t{1} << (power - kSubBits);
  return (kExact + sub) * step + step - 1;
}

void LatencyHistogram::add(VirtualTime latency, std::uint64_t times) {
  buckets_[bucketOf(latency.value())] += times;
  count_ += times;
}

VirtualTime LatencyHistogram::percentile(std::uint64_t permille) const {
  if (count_ == 0) return VirtualTime(0);
  const std::uint64_t rank = (count_ / 1000) * permille + ((count_ % 1000) * permille + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank && seen > 0) return VirtualTime(upperEdge(bucket));
  }
  return VirtualTime(upperEdge(buckets_.size() - 1));
}

}  // namespace overcommit

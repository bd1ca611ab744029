// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/working_set.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "policy/wide.h"

namespace overcommit {
namespace {

std::uint32_t fractionOf(SampleCounts counts) {
  invariant(counts.touched <= counts.sampled, "no more pages are touched than were sampled");
  return static_cast<std::uint32_t>(std::uint64_t{counts.touched} * kWhole / counts.sampled);
}

// A step is rounded away from the old value, so that a constant is reached and not only approached.
std::uint32_t towards(std::uint32_t average, std::uint32_t sample, std::uint32_t weight) {
  const std::uint64_t distance = average < sample ? sample - average : average - sample;
  const auto step = static_cast<std::uint32_t>((distance * weight + kWhole - 1) / kWhole);
  return average < sample ? average + step : average - step;
}

}  // namespace

ActiveAverages afterPeriod(const ActiveAverages& averages, SampleCounts counts) {
  if (counts.sampled == 0) return averages;
  const std::uint32_t fraction = fractionOf(counts);
  if (averages.periods == 0) return {fraction, fraction, fraction, 1};
  return {fraction, towards(averages.slow, fraction, kSlowWeight), towards(averages.fast, fraction, kFastWeight),
          averages.periods == std::numeric_limits<std::uint32_t>::max() ? averages.periods : averages.periods + 1};
}

ActiveEstimate estimateOf(const ActiveAverages& averages, SampleCounts counts, std::uint64_t minPercent) {
  ActiveEstimate result{averages.last, averages.slow, averages.fast, afterPeriod(averages, counts).fast, kWhole};
  if (averages.periods == 0) return result;
  const auto least = static_cast<std::uint32_t>(std::min<std::uint64_t>(minPercent, 100) * (kWhole / 100));
  result.estimate = std::max({result.slow, result.fast, result.next, least});
  return result;
}

Pages activePagesOf(std::uint32_t millionths, Pages size) {
  return Pages(static_cast<std::uint64_t>((Wide{size.value()} * millionths + kWhole - 1) / kWhole));
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// How much of a VM's memory is active, estimated from samples (W02 section 5.3). At the start of a period 100 random pages are
// unmapped; each one that is resolved before the period ends was touched. Periods are counted in the VM's own running time.
//
//   period      |<- sampled, touched ->|
//   averages    at its end: slow += 1/8 (touched / sampled - slow), fast += 1/2 (...)
//   within it   a copy of fast with the counts so far
//   estimate    the maximum of the three: quick up, slow down
//
// All values are millionths of the VM's pages and whole numbers, so that every machine agrees.
inline constexpr std::uint32_t kWhole = 1'000'000;
inline constexpr std::uint32_t kPagesSampled = 100;

// Weights of a new sample. Time constants were not published; these are ours: fast follows within two or three periods, slow
// forgets within a quarter of an hour (of 60 s periods).
inline constexpr std::uint32_t kFastWeight = kWhole / 2;
inline constexpr std::uint32_t kSlowWeight = kWhole / 8;

struct SampleCounts {
  std::uint32_t sampled = 0;
  std::uint32_t touched = 0;  // <= sampled
};

// What is remembered from period to period.
struct ActiveAverages {
  std::uint32_t last = 0;  // the last period's own touched / sampled
  std::uint32_t slow = 0;
  std::uint32_t fast = 0;
  std::uint32_t periods = 0;  // completed ones with a sample, counted up to 2^32 - 1
  friend bool operator==(const ActiveAverages&, const ActiveAverages&) = default;
};

// The averages at the end of a period. The first sample is both averages' start; a period without one changes nothing.
ActiveAverages afterPeriod(const ActiveAverages& averages, SampleCounts counts);

// What esxtop shows (MON5), and the estimate that policies use.
struct ActiveEstimate {
  std::uint32_t instant = 0;   // %ACTV: the last period alone
  std::uint32_t slow = 0;      // %ACTVS
  std::uint32_t fast = 0;      // %ACTVF
  std::uint32_t next = 0;      // %ACTVN: fast, if the period ended with the counts it has now
  std::uint32_t estimate = 0;  // max(slow, fast, next), at least the minimum
};

// `counts` are those of the current period so far; `minPercent` is Mem.SampleActivePctMin. A VM without a completed period is
// wholly active: it pays no tax for what was not measured yet.
ActiveEstimate estimateOf(const ActiveAverages& averages, SampleCounts counts, std::uint64_t minPercent);

// `millionths` of `size`, rounded up.
Pages activePagesOf(std::uint32_t millionths, Pages size);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "scenario/column_section.h"
#include "scenario/scenario_run.h"

namespace overcommit {

// Watches a run and takes the figures of a sweep's columns from it.
class ColumnSampler final : public RunObserver {
 public:
  explicit ColumnSampler(std::span<const SweepColumn> columns);

  void onQuantum(const Host& host) override;
  // Call once, when the run is over and its VMs are still on. Nothing for a column: a ratio to 0, or an instant that was not reached.
  std::vector<std::optional<std::uint64_t>> finish(const Host& host);

 private:
  // What one figure came to so far.
  struct Track {
    std::optional<std::uint64_t> base;   // at `since`
    std::optional<std::uint64_t> value;  // what the column wants, or the least or greatest so far
    std::uint64_t sum = 0, samples = 0;
  };
  static void see(const SweepColumn& column, const SweepColumn::Figure& figure, const Host& host, Track& track);
  static std::optional<std::uint64_t> result(const SweepColumn& column, const SweepColumn::Figure& figure, const Host& host, Track track);

  std::span<const SweepColumn> columns_;
  std::vector<Track> figures_, pers_;
};

}  // namespace overcommit

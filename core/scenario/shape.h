// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenario/column_section.h"
#include "scenario/vary_section.h"

namespace overcommit {

// What came of one point of a sweep.
struct SweepRow {
  std::vector<std::size_t> point;                     // for each varied setting, the index of its value
  std::vector<std::optional<std::uint64_t>> figures;  // for each column; empty if the run could not start
  std::string digest;
  int exitCode = 0;
  std::string error;  // why it could not run, or what else it said
};

// A sweep's results: a row a point, in the order of the points.
struct SweepTable {
  std::vector<VariedSetting> settings;
  std::vector<std::string> names;  // of the columns
  std::vector<MetricUnit> units;
  std::vector<SweepRow> rows;
};

// What a sweep's file says about a column as one setting varies and the others stay. A series is the rows that differ in that
// setting alone; a shape holds if it holds for every series.
struct Shape {
  enum class Kind : std::uint8_t {
    Rising,   // no value is below the one before it; `within` forgives
    Falling,  // none is above it
    Linear,   // no value is further than `within` from the straight line of least squares, in % of the line's rise
    Flat,     // no value is further than `within` from the first
    Knee,     // flat at first; the last value that is still flat is the knee, and no later value is flat again
    Ratio,    // the value at `of` over the value at `over`
    Range,    // all values are from `least` to `most`
  };
  Kind kind = Kind::Rising;
  std::size_t column = 0;
  std::size_t along = 0;                                    // index of the setting
  std::optional<std::size_t> from, to;                      // the values of it that are looked at
  std::optional<std::uint64_t> within, by;                  // percent
  std::size_t of = 0, over = 0;                             // Ratio
  std::optional<std::pair<std::size_t, std::size_t>> knee;  // where the knee lies
  std::optional<std::uint64_t> least, most;                 // Ratio: percent; Range: the column's unit
  std::vector<std::pair<std::size_t, std::size_t>> where;   // only series with these values of other settings
  std::uint32_t line = 0;                                   // in the scenario file
};

struct ShapeVerdict {
  bool holds = false;
  std::string wanted;  // "throughput: rising along host.options.IdleTax by at least 30 %"
  std::string got;     // what was found; of a failure, at which points
};
ShapeVerdict judge(const Shape& shape, const SweepTable& table);

}  // namespace overcommit

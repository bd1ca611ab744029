// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>

#include "scenario/shape.h"

namespace overcommit {

// The table for programs: a header line, then a line a point. `point` from 1, the varied settings by their paths, the columns, the
// digest, and the exit code that `overcommit run` would have given. Sizes are bytes, times nanoseconds; what is not known is empty.
std::string sweepCsv(const SweepTable& table);

struct JudgedShape {
  Shape shape;
  ShapeVerdict verdict;
};
// The table for people, the shapes, and what went wrong at which points.
std::string sweepReport(std::string_view title, const SweepTable& table, std::span<const JudgedShape> shapes);

}  // namespace overcommit

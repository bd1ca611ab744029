// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "scenario/scenario_run.h"

namespace overcommit {

// One line on a terminal that says how far a run is: virtual time, free memory, swapped memory, operations. Written at most ten
// times a second of wall time. The clock decides only when to look, never what the run does.
class ProgressLine final : public RunObserver {
 public:
  ProgressLine(std::FILE* terminal, VirtualTime duration) : terminal_(terminal), duration_(duration) {}
  ~ProgressLine() override { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void onQuantum(const Host& host) override;
  void clear();  // takes the line away

 private:
  std::FILE* terminal_;
  VirtualTime duration_;
  std::chrono::steady_clock::time_point next_{};
  bool shown_ = false;
};

// The line itself, at most 79 columns.
std::string progressText(VirtualTime now, VirtualTime duration, Bytes free, Bytes swapped, std::uint64_t operations);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "grade/lab.h"

namespace overcommit {

// What grading came to: the one record that every writer makes its form of. No time of day, no path and no machine's name is in it.

enum class CheckStatus : std::uint8_t {
  Passed,   // all points
  Partial,  // some
  Failed,
  Skipped,  // a check that it needs failed, or this machine cannot run it
  Manual,   // a person reads it
};
std::string_view nameOf(CheckStatus status);

struct CheckResult {
  std::string id, title;
  CheckKind kind = CheckKind::Text;
  CheckStatus status = CheckStatus::Failed;
  MilliPoints points = 0, most = 0;
  bool mandatory = true;
  Visibility visibility = Visibility::Visible;
  std::string what;      // was looked at, as a sentence
  std::string expected;  // "" where nothing can be said
  std::string got;
  std::vector<std::string> steps;  // how to get to the right answer
  std::string why, mistake, hint;  // as the lab has them
  std::string run;                 // "" = none
  std::optional<VirtualTime> at;   // where to look in it
};

// What the check itself says of its result, before anybody looked.
CheckResult resultOf(const Check& check);

// A run that was graded.
struct RunResult {
  std::string name;
  std::string scenario, scenarioHash;
  std::uint64_t seed = 0;
  std::string variant;
  std::string digest;  // "" if it did not get as far
  int exitCode = 0;
  bool deterministic = true;  // both times the same digest
};

struct LabResult {
  std::string lab, title;  // the folder's name
  std::uint64_t number = 0;
  std::string labHash;  // of textForGrading()
  std::string student, submissionHash;
  bool complete = false;  // false: grading goes on, or was ended
  std::size_t allChecks = 0;
  std::vector<CheckResult> checks;  // those that are done, in order
  std::vector<RunResult> runs;
  std::vector<std::string> warnings;
  int exitCode = 0;  // as long as it is complete

  [[nodiscard]] MilliPoints points() const;
  [[nodiscard]] MilliPoints most() const;        // of the checks that are done, without what a person reads
  [[nodiscard]] MilliPoints mostManual() const;  // what a person gives at most
  // Complete, and every check that is mandatory passed. No check at all is no pass.
  [[nodiscard]] bool passed() const;
  [[nodiscard]] std::string summary() const;  // one line
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "grade/engine_run.h"
#include "grade/lab.h"
#include "grade/lab_result.h"
#include "grade/submission.h"

namespace overcommit {

// Runs that were done, for whoever grades several submissions of one lab: equal runs are done once (twice, for their digests), so that a
// lab's own solutions are graded in a third of the time. The folder is where their traces stay; it outlives the cache.
struct RunCache {
  std::filesystem::path folder;
  std::size_t begun = 0;                     // none has another one's name
  std::map<std::string, EngineResult> done;  // by everything that a run depends on
};

struct GraderConfig {
  std::filesystem::path command;  // the overcommit executable, which does the runs
  std::string secret;             // of the teacher: hidden seeds come from it
  // Told after every check, with all that is known so far; the last time complete.
  std::function<void(const LabResult&)> onCheck = [](const LabResult&) {};
  std::function<bool()> stop = [] { return false; };  // true ends the grading: the result stays incomplete
  RunCache* cache = nullptr;
  std::size_t atOnce = 1;         // runs at a time
  bool onlyOnce = false;          // runs are done once: nobody wants to know whether they are the same twice
  bool debugPolicy = false;       // policies wait for a debugger; runs are done once, and take as long as they like
  std::vector<std::string> only;  // ids of checks, with what they need; none: all
};

// Grades one submission, check by check, with every run in a process of its own. What code of the submission decides in is run twice, with
// other addresses, and both digests are compared: a policy that depends on addresses, on time or on chance is found out so. Equal
// submissions give equal results, on every machine, however many runs there are at a time.
//
// The error: the lab itself or this machine is at fault. What is wrong with a submission is in the result.
Result<LabResult> gradeLab(const Lab& lab, const Submission& submission, const GraderConfig& config);

// Runs what a check looks at once more and keeps the trace. Nothing: the check looks at no run, or the run could not be.
struct KeptTrace {
  std::filesystem::path trace;
  std::filesystem::path folder;  // the caller removes it
};
Result<KeptTrace> traceForCheck(const Lab& lab, const Check& check, const Submission& submission, const GraderConfig& config);

}  // namespace overcommit

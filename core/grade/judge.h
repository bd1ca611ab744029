// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "grade/engine_run.h"
#include "grade/lab.h"
#include "grade/lab_result.h"
#include "grade/submission.h"

namespace overcommit {

// A run as checks see it.
struct JudgedRun {
  EngineResult result;
  // Why no check on it can pass: the submission's settings are wrong, the run broke, or it was not the same twice.
  std::optional<std::string> trouble;
  bool isUnavailable = false;     // this machine cannot run it
  std::optional<VirtualTime> at;  // where to look for the trouble; nothing: at the end
};

// Where checks get runs from.
class RunSource {
 public:
  virtual ~RunSource() = default;
  // A [[run]] of the lab; runs once, whoever asks. The error ends the grading: it is of the lab or of this machine.
  virtual Result<const JudgedRun*> run(const std::string& name) = 0;
  // The submission's test, against a sound engine (nullptr) or a mutant.
  virtual Result<JudgedRun> test(const Check& check, const Mutant* mutant) = 0;
};

// Looks at one thing and gives points for it.
Result<CheckResult> judgeCheck(const Lab& lab, const Check& check, const Submission& submission, RunSource& runs);

}  // namespace overcommit

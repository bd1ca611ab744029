// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "grade/lab.h"
#include "grade/submission.h"

namespace overcommit {

// The scenario of one run of a lab, with everything filled in: seed and sizes of the student, settings of the lab and of the
// submission, and a [[column]] for each figure that a check looks at.
struct LabScenario {
  std::string text;      // paths in it are absolute
  std::string portable;  // the same with paths as the lab's folder has them
  std::string hash;      // XXH3-128 of the text without them: equal everywhere
  std::uint64_t seed = 0;
  std::string variant;  // "vm.a.memory = 12 MiB, ..." as it was chosen for the student
};

// Who is graded, by what secret.
struct VariantKey {
  std::string student;  // "" = the scenarios' own seeds and the first of the values
  std::string secret;
};

// The columns of `run`'s checks are named after the checks: columnOf().
std::string columnOf(const Check& check);

// `settings`: the submission's, where the run takes them. Errors are of the lab (`mistakeOf` = lab) or of the submission.
struct LabScenarioError {
  enum class Of : std::uint8_t { Lab, Submission };
  Of of = Of::Lab;
  Error error;
};
tl::expected<LabScenario, LabScenarioError> labScenario(const Lab& lab, const LabRun& run, const VariantKey& key,
                                                        std::span<const LabSetting> settings);

// A scenario that a student wrote, with a mutant's settings (or none), as far as it may be run: it names no files and has bounds.
Result<LabScenario> testScenario(std::string_view text, std::string_view fileName, const Mutant* mutant);

}  // namespace overcommit

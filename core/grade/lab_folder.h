// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grade/grader.h"
#include "grade/lab.h"
#include "grade/own_system.h"

namespace overcommit {

// What is done with the folder of a lab: handed out, checked, packed.

// Copies what a student starts from: handout, starter, the scenarios that are no secret, and an answers.toml with the questions of this
// student's variant. `into` must not be there yet, or be empty: nobody's work is overwritten. The questions of the scenarios are asked by running them.
// A hidden file says which lab it is, for the app.
inline constexpr std::string_view kLabMark = ".overcommit-lab";  // the name of the lab's folder, and a newline
Result<void> startLab(const Lab& lab, const std::filesystem::path& into, const std::string& student, const GraderConfig& config);

// Copies the lab without reference, saboteurs, hidden runs and what depends on them.
Result<void> exportForStudents(const Lab& lab, const std::filesystem::path& into);

// What the checks make of a solution of the lab's own.
struct LintedSolution {
  std::string name;  // "reference", "empty", a saboteur's
  LabResult result;
};
struct LintReport {
  std::vector<LintedSolution> solutions;
  std::vector<std::string> mistakes;  // none: the lab can be published
  std::vector<std::string> warnings;
  [[nodiscard]] std::string text(const Lab& lab) const;  // the discrimination matrix and the rest
};
// Grades reference, empty submission, starter and saboteurs. Reference: every check passes. Empty: it fails, and no check gives points for nothing.
// Starter of a lab with policies: they build, and it gets nothing. Saboteur: just the checks fail that it names. Saboteurs are run once.
Result<LintReport> lintLab(const Lab& lab, const GraderConfig& config);

enum class Platform : std::uint8_t { Gradescope, Classroom50 };
// What goes into it besides the lab.
struct PackageParts {
  std::filesystem::path command;       // the executable
  OwnSystem system;                    // that it is built for
  std::filesystem::path guests;        // the folder of the reference guest
  std::filesystem::path sdk;           // of the headers for policies
  std::filesystem::path guestSources;  // that has abi/ and kernel/, for drivers
};
// Writes the folder that is to be uploaded: the command without its symbols, the lab without reference and saboteurs, and as much of
// share/overcommit as the lab needs. Its scripts install the packages of the system that the command is built for.
Result<void> packageLab(const Lab& lab, Platform platform, const std::filesystem::path& into, const PackageParts& parts);

}  // namespace overcommit

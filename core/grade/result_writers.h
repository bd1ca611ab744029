// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "grade/lab_result.h"

namespace overcommit {

// The forms of a result. Files are at most kLargestResultFile bytes: long texts are cut first.
inline constexpr std::size_t kLargestResultFile = 900'000;

// docs/reference/lab-result.md and lab-result.schema.json.
std::string labJson(const LabResult& result);
// Gradescope's results.json.
std::string gradescopeJson(const LabResult& result);

// What a Classroom 50 runner gives in its environment.
struct ClassroomIdentity {
  std::string classroom, assignment, submission, commit, release, review, datetime;
};
// Classroom 50's result.json, "classroom50/result/v1".
std::string classroomJson(const LabResult& result, const ClassroomIdentity& identity);
// JUnit XML.
std::string junitXml(const LabResult& result);

// For people. `open`: the command that opens the app at a check, to which the check's id is added; "" = none.
enum class Colours : std::uint8_t { Off, On };
std::string labText(const LabResult& result, std::string_view open, Colours colours);

}  // namespace overcommit

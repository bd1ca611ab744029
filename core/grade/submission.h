// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "grade/lab.h"

namespace overcommit {

// What a student hands in: a folder, of which nothing is believed. Only the files that the lab asks for are looked at; a scenario or a
// lab.toml in it counts for nothing.
struct Submission {
  std::filesystem::path folder;
  std::string student;  // "" = nobody's: the seeds of the scenarios themselves

  // answers.toml, settings.toml and tour.toml. An error is one of the file and fails the checks that need it; no file is an empty one.
  Result<TomlValue> answers;
  Result<std::vector<LabSetting>> settings;
  Result<std::vector<TomlValue>> tour;
  std::string hash;                   // XXH3-128 of what is looked at
  std::vector<std::string> warnings;  // answers to nothing, settings that are no knobs
};

// `student`: who it is; nothing: who the answers say. The error: there is no such folder.
Result<Submission> readSubmission(const std::filesystem::path& folder, const std::optional<std::string>& student, const Lab& lab);

// A file of the submission; the error also if it leads out of the folder.
Result<std::string> readSubmitted(const Submission& submission, std::string_view file);

// The file that the submission has for a policy, and what is in it. The error says which is missing, or that there are two.
struct SubmittedPolicy {
  std::string file, text;
};
Result<SubmittedPolicy> readSubmittedPolicy(const Submission& submission, const LabPolicy& policy);

inline constexpr std::size_t kLargestSubmittedFile = 1u << 20;

}  // namespace overcommit

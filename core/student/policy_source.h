// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "student/policy_failure.h"

namespace overcommit {

// The policies that can be handed in, one a decision of the hypervisor (policy/seam.h); the walker is asked by a lab.
enum class PolicySubject : std::uint8_t { Match = 1, Victim, Zip, FreeState, Targets, Walk };

struct PolicySubjectInfo {
  PolicySubject subject;
  std::string_view name;  // "free-state", as it is given on the command line
  std::string_view file;  // "free_state": in a folder, the policy is in the file of this name
  std::string_view decides;
};
std::span<const PolicySubjectInfo> policySubjects();
const PolicySubjectInfo& infoOf(PolicySubject subject);

enum class PolicyLanguage : std::uint8_t { Cpp, Python };

// Where a policy is: a file, FILE.cpp or FILE.py; or a folder that has free_state.cpp or free_state.py for instance, and what it needs.
struct PolicySource {
  PolicySubject subject = PolicySubject::Victim;
  std::filesystem::path place;  // as it was given
  std::filesystem::path main;   // the file of the policy, relative to the copy of `place`
  PolicyLanguage language = PolicyLanguage::Cpp;
  [[nodiscard]] std::string name() const;  // "victim policy mine.cpp"
};

// "victim=mine.cpp". The error says what would be right.
PolicyResult<PolicySource> policySourceFrom(std::string_view text);
PolicyResult<PolicySource> policySource(PolicySubject subject, const std::filesystem::path& place);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/policy_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSubjects{
    PolicySubjectInfo{PolicySubject::Match, "match", "match", "whether two pages with an equal hash are compared and shared"},
    PolicySubjectInfo{PolicySubject::Victim, "victim", "victim", "which page leaves memory"},
    PolicySubjectInfo{PolicySubject::Zip, "zip", "zip", "what the compression cache takes in, and what leaves it"},
    PolicySubjectInfo{PolicySubject::FreeState, "free-state", "free_state", "what the host's free-memory state is"},
    PolicySubjectInfo{PolicySubject::Targets, "targets", "targets", "how many pages each VM should have"},
    PolicySubjectInfo{PolicySubject::Walk, "walk", "walk", "where a guest-virtual address leads; only labs ask"},
};

tl::unexpected<PolicyFailure> notFound(std::string text) { return tl::unexpected(PolicyFailure{PolicyTrouble::NotFound, std::move(text)}); }

}  // namespace

std::span<const PolicySubjectInfo> policySubjects() { return kSubjects; }

const PolicySubjectInfo& infoOf(PolicySubject subject) { return kSubjects[static_cast<std::size_t>(subject) - 1]; }

std::string PolicySource::name() const { return fmt::format("{} policy {}", infoOf(subject).name, main.string()); }

PolicyResult<PolicySource> policySourceFrom(std::string_view text) {
  const std::size_t equals = text.find('=');
  std::string names;
  for (const PolicySubjectInfo& info : kSubjects) names += fmt::format("{}{}", names.empty() ? "" : ", ", info.name);
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return notFound(fmt::format("a policy is given as KIND=FILE, for example victim=mine.cpp, not as \"{}\"; kinds: {}", text, names));
  const auto found = std::ranges::find(kSubjects, text.substr(0, equals), &PolicySubjectInfo::name);
  if (found == kSubjects.end()) return notFound(fmt::format("there is no kind of policy \"{}\"; kinds: {}", text.substr(0, equals), names));
  return policySource(found->subject, fs::path(text.substr(equals + 1)));
}

PolicyResult<PolicySource> policySource(PolicySubject subject, const fs::path& place) {
  const PolicySubjectInfo& info = infoOf(subject);
  PolicySource source{subject, place, place.filename(), PolicyLanguage::Cpp};
  std::error_code error;
  const fs::file_status status = fs::status(place, error);
  if (!fs::exists(status)) return notFound(fmt::format("the {} policy {} is not there", info.name, place.string()));
  if (fs::is_directory(status)) {
    std::vector<std::string> found;
    for (const char* ending : {".cpp", ".py"}) {
      const std::string name = std::string(info.file) + ending;
      if (fs::exists(place / name, error)) found.push_back(name);
    }
    if (found.empty()) return notFound(fmt::format("the folder {} has no {}.cpp or {}.py", place.string(), info.file, info.file));
    if (found.size() > 1)
      return notFound(fmt::format("the folder {} has both {} and {}: keep the one that counts", place.string(), found[0], found[1]));
    source.main = found.front();
  }
  const fs::path ending = source.main.extension();
  if (ending == ".py")
    source.language = PolicyLanguage::Python;
  else if (ending != ".cpp" && ending != ".cc" && ending != ".cxx")
    return notFound(fmt::format("the {} policy {} is neither C++ (.cpp) nor Python (.py)", info.name, place.string()));
  return source;
}

}  // namespace overcommit

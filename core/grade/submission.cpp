// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/submission.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/nearest.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestStudent = 200;

// The files that the lab looks at, in order.
std::vector<std::string> filesOf(const Lab& lab) {
  std::set<std::string> files{"answers.toml", "settings.toml", "tour.toml"};
  for (const LabPolicy& policy : lab.policies) {
    for (const std::string& file : policy.files()) files.insert(file);
  }
  for (const Check& check : lab.checks) {
    if (!check.file.empty()) files.insert(check.file);
    if (!check.test.empty()) files.insert(check.test);
  }
  return {files.begin(), files.end()};
}

// An empty document if there is no file.
Result<TomlValue> documentOf(const Submission& submission, const std::string& file) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(submission.folder / file, ignored))) return TomlValue{};
  const auto text = readSubmitted(submission, file);
  if (!text) return tl::unexpected(text.error());
  return parseToml(*text, file);
}

bool asked(const Lab& lab, const std::string& key) {
  return std::ranges::any_of(lab.checks, [&](const Check& check) { return check.kind == CheckKind::Answer && check.question == key; });
}

void warnOfAnswers(const Lab& lab, Submission& submission) {
  if (!submission.answers) return;
  std::vector<std::string_view> known;
  for (const Check& check : lab.checks) {
    if (check.kind == CheckKind::Answer) known.emplace_back(check.question);
  }
  for (const TomlEntry& entry : submission.answers->table) {
    if (entry.key == "student" || asked(lab, entry.key)) continue;
    submission.warnings.push_back(fmt::format("answers.toml:{}: nothing is asked that is called \"{}\"{}", entry.position.line, entry.key,
                                              didYouMean(entry.key, known)));
  }
}

}  // namespace

Result<std::string> readSubmitted(const Submission& submission, std::string_view file) {
  // A link to a file of the grader's is none of the student's.
  std::error_code failed;
  const fs::path whole = fs::canonical(submission.folder / file, failed);
  if (failed) return failure("the submission has no file {}", file);
  const fs::path base = fs::canonical(submission.folder, failed);
  const auto [end, unused] = std::ranges::mismatch(base, whole);
  if (failed || end != base.end()) return failure("{} leads out of the submission", file);
  auto text = readTextFile(whole, kLargestSubmittedFile);
  if (!text) return failure("{} of the submission cannot be used: it is no file, or has more than {} bytes", file, kLargestSubmittedFile);
  return text;
}

Result<SubmittedPolicy> readSubmittedPolicy(const Submission& submission, const LabPolicy& policy) {
  std::vector<std::string> there;
  for (const std::string& file : policy.files()) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(submission.folder / file, ignored))) there.push_back(file);
  }
  if (there.empty()) return failure("the submission has no {}", fmt::join(policy.files(), " and no "));
  if (there.size() > 1) return failure("the submission has both {}: keep the one that counts", fmt::join(there, " and "));
  auto text = readSubmitted(submission, there.front());
  if (!text) return tl::unexpected(text.error());
  return SubmittedPolicy{there.front(), std::move(*text)};
}

Result<Submission> readSubmission(const fs::path& folder, const std::optional<std::string>& student, const Lab& lab) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return failure("the submission {} is not a folder", folder.string());
  Submission submission;
  submission.folder = fs::absolute(folder).lexically_normal();
  submission.answers = documentOf(submission, "answers.toml");
  const auto settings = documentOf(submission, "settings.toml");
  if (settings) {
    submission.settings = flattenedSettings(*settings);
  } else {
    submission.settings = tl::unexpected(settings.error());
  }
  if (const auto tour = documentOf(submission, "tour.toml")) {
    const TomlEntry* did = tour->find("did");
    submission.tour = did == nullptr ? std::vector<TomlValue>() : did->value.array;
  } else {
    submission.tour = tl::unexpected(tour.error());
  }

  std::string named;
  if (submission.answers) {
    const TomlEntry* entry = submission.answers->find("student");
    if (entry != nullptr && entry->value.kind == TomlValue::Kind::Text) named = entry->value.text.substr(0, kLongestStudent);
  }
  submission.student = student.value_or(named);
  if (student && !named.empty() && named != *student)
    submission.warnings.push_back(fmt::format("answers.toml is made for the student \"{}\", and this is \"{}\"", named, *student));
  warnOfAnswers(lab, submission);

  DigestStream hash;
  for (const std::string& file : filesOf(lab)) {
    const auto text = readSubmitted(submission, file);
    if (!text) continue;
    const std::string head = fmt::format("{} {}\n", file, text->size());
    hash.add(std::as_bytes(std::span(head)));
    hash.add(std::as_bytes(std::span(*text)));
  }
  submission.hash = hash.digest().text();
  return submission;
}

}  // namespace overcommit

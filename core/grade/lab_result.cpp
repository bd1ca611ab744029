// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/lab_result.h"

#include <algorithm>

namespace overcommit {

std::string_view nameOf(CheckStatus status) {
  switch (status) {
    case CheckStatus::Passed: return "passed";
    case CheckStatus::Partial: return "partial";
    case CheckStatus::Failed: return "failed";
    case CheckStatus::Skipped: return "skipped";
    case CheckStatus::Manual: return "manual";
  }
  return "";
}

CheckResult resultOf(const Check& check) {
  CheckResult result;
  result.id = check.id;
  result.title = check.title;
  result.kind = check.kind;
  result.most = check.points;
  result.mandatory = check.mandatory;
  result.visibility = check.visibility;
  result.run = check.run;
  return result;
}

MilliPoints LabResult::points() const {
  MilliPoints sum = 0;
  for (const CheckResult& check : checks) sum += check.points;
  return sum;
}

MilliPoints LabResult::most() const {
  MilliPoints sum = 0;
  for (const CheckResult& check : checks) sum += check.status == CheckStatus::Manual || check.kind == CheckKind::Text ? 0 : check.most;
  return sum;
}

MilliPoints LabResult::mostManual() const {
  MilliPoints sum = 0;
  for (const CheckResult& check : checks) sum += check.kind == CheckKind::Text ? check.most : 0;
  return sum;
}

bool LabResult::passed() const {
  const auto passes = [](const CheckResult& check) {
    return !check.mandatory || check.status == CheckStatus::Passed || check.status == CheckStatus::Manual;
  };
  const bool any = std::ranges::any_of(checks, [](const CheckResult& check) { return check.status == CheckStatus::Passed; });
  return complete && any && std::ranges::all_of(checks, passes);
}

std::string LabResult::summary() const {
  const auto count = std::ranges::count(checks, CheckStatus::Passed, &CheckResult::status);
  std::string text = fmt::format("Lab {}, {}: {} of {} points, {} of {} checks passed", number, title, pointsText(points()),
                                 pointsText(most()), count, checks.size());
  if (mostManual() > 0) text += fmt::format("; a person gives up to {} more", pointsText(mostManual()));
  if (!complete) text += fmt::format(" (not complete: {} of {} checks are done)", checks.size(), allChecks);
  return text;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>
#include <set>

#include "grade/lab_folder.h"
#include "grade/text_file.h"
#include "grade/work_folder.h"
#include "scenario/run_snapshot.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTitleWidth = 44;

// Grading it must be possible: what stands in the way is a mistake of the lab.
Result<LabResult> graded(const Lab& lab, const fs::path& folder, const GraderConfig& config) {
  const auto submission = readSubmission(folder, std::string(), lab);
  if (!submission) return tl::unexpected(submission.error());
  return gradeLab(lab, *submission, config);
}

bool isNoFailure(const CheckResult& check) { return check.status == CheckStatus::Passed || check.status == CheckStatus::Manual; }

void lintReference(const LabResult& result, LintReport& report) {
  for (const CheckResult& check : result.checks) {
    if (!isNoFailure(check))
      report.mistakes.push_back(fmt::format("the reference does not pass check {} ({}): expected {}; got {}", check.id,
                                            nameOf(check.status), check.expected, check.got));
  }
  if (!result.passed()) report.mistakes.emplace_back("the reference does not pass the lab");
  for (const std::string& warning : result.warnings) report.warnings.push_back(warning);
}

void lintEmpty(const LabResult& result, LintReport& report) {
  if (result.passed()) report.mistakes.emplace_back("the empty submission passes");
  for (const CheckResult& check : result.checks) {
    if (check.points > 0)
      report.mistakes.push_back(fmt::format("check {} gives the empty submission {} points", check.id, pointsText(check.points)));
  }
}

// What a student begins with builds, and gets nothing yet.
void lintStarter(const LabResult& result, LintReport& report) {
  for (const RunResult& run : result.runs) {
    if (run.exitCode != kExitWell)
      report.mistakes.push_back(fmt::format("the starter ends the run \"{}\" with exit code {}", run.name, run.exitCode));
  }
  for (const CheckResult& check : result.checks) {
    if (check.points > 0)
      report.mistakes.push_back(fmt::format("check {} gives the starter {} points", check.id, pointsText(check.points)));
  }
}

void lintSaboteur(const LabSaboteur& saboteur, const LabResult& result, LintReport& report) {
  for (const CheckResult& check : result.checks) {
    const bool shouldFail = std::ranges::find(saboteur.fails, check.id) != saboteur.fails.end();
    // What is skipped because another check failed says nothing of its own.
    if (check.status == CheckStatus::Skipped && !shouldFail) continue;
    if (shouldFail == isNoFailure(check))
      report.mistakes.push_back(
          fmt::format("the saboteur {} {} check {}: got {}", saboteur.name, shouldFail ? "passes" : "fails", check.id, check.got));
  }
}

void lintFiles(const Lab& lab, LintReport& report) {
  const auto handout = readTextFile(lab.folder / "handout.md", kLargestSubmittedFile);
  if (!handout) {
    report.mistakes.emplace_back("there is no handout.md");
    return;
  }
  for (const Check& check : lab.checks) {
    if (check.points == 0 && check.kind != CheckKind::Step && check.mandatory && check.needs.empty() && check.hint.empty() &&
        check.why.empty())
      report.warnings.push_back(fmt::format("check {} gives no points and says nothing", check.id));
    if (check.points > 0 && (check.why.empty() || check.mistake.empty()) && check.kind != CheckKind::Text)
      report.warnings.push_back(fmt::format("check {} does not say why it matters, or what usually causes a failure", check.id));
  }
  std::error_code ignored;
  if (fs::is_directory(lab.folder / "saboteurs", ignored)) {
    for (const auto& entry : fs::directory_iterator(lab.folder / "saboteurs", ignored)) {
      const std::string name = entry.path().filename().string();
      if (std::ranges::find(lab.saboteurs, name, &LabSaboteur::name) == lab.saboteurs.end())
        report.mistakes.push_back(fmt::format("saboteurs/{} is not in lab.toml", name));
    }
  }
}

// A check that nothing fails but the empty submission tells little.
void lintDiscrimination(const Lab& lab, LintReport& report) {
  for (const Check& check : lab.checks) {
    if (check.points == 0 || check.kind == CheckKind::Text) continue;
    const bool any = std::ranges::any_of(
        lab.saboteurs, [&](const LabSaboteur& saboteur) { return std::ranges::find(saboteur.fails, check.id) != saboteur.fails.end(); });
    if (!any) report.warnings.push_back(fmt::format("no saboteur fails check {}: nobody knows what it can tell apart", check.id));
  }
}

Result<LintReport> lintSolutions(const Lab& lab, GraderConfig config) {
  LintReport report;
  lintFiles(lab, report);
  std::error_code ignored;
  if (lab.withheld)
    return failure(
        "{} is a copy for students: it has no reference, no saboteurs and no hidden runs, so nothing can be proved with it; the package "
        "overcommit-teacher has the whole lab, or name the folder of the whole lab",
        lab.folder.string());
  if (!fs::is_directory(lab.folder / "reference", ignored))
    return failure("{} has no folder reference, a submission that passes, and nothing can be proved without one", lab.folder.string());
  const auto empty = WorkFolder::create("empty");
  if (!empty) return tl::unexpected(empty.error());
  const auto add = [&](const std::string& name, const fs::path& folder) -> Result<const LabResult*> {
    auto result = graded(lab, folder, config);
    if (!result) return tl::unexpected(result.error());
    return &report.solutions.emplace_back(LintedSolution{name, std::move(*result)}).result;
  };
  report.solutions.reserve(lab.saboteurs.size() + 3);
  const auto reference = add("reference", lab.folder / "reference");
  const auto nothing = reference ? add("empty", empty->path()) : reference;
  if (!nothing) return tl::unexpected(nothing.error());
  lintReference(**reference, report);
  lintEmpty(**nothing, report);
  // That runs are the same twice is the reference's to show.
  config.onlyOnce = true;
  if (!lab.policies.empty() && fs::is_directory(lab.folder / "starter", ignored)) {
    const auto starter = add("starter", lab.folder / "starter");
    if (!starter) return tl::unexpected(starter.error());
    lintStarter(**starter, report);
  }
  for (const LabSaboteur& saboteur : lab.saboteurs) {
    if (config.stop()) return report;
    const auto result = add(saboteur.name, lab.folder / "saboteurs" / saboteur.name);
    if (!result) return tl::unexpected(result.error());
    lintSaboteur(saboteur, **result, report);
  }
  lintDiscrimination(lab, report);
  return report;
}

char mark(const CheckResult* check) {
  if (check == nullptr) return '?';
  switch (check->status) {
    case CheckStatus::Passed: return '+';
    case CheckStatus::Partial: return '~';
    case CheckStatus::Failed: return '-';
    case CheckStatus::Skipped: return '.';
    case CheckStatus::Manual: return 'm';
  }
  return '?';
}

}  // namespace

Result<LintReport> lintLab(const Lab& lab, const GraderConfig& given) {
  const auto work = WorkFolder::create("lint");
  if (!work) return tl::unexpected(work.error());
  RunCache cache{work->path(), 0, {}};
  GraderConfig config = given;
  config.cache = &cache;
  return lintSolutions(lab, config);
}

std::string LintReport::text(const Lab& lab) const {
  std::string out =
      fmt::format("Lab {}, {}: {} checks, {} points\n\n", lab.number, lab.title, lab.checks.size(), pointsText(lab.mostPoints()));
  const auto to = std::back_inserter(out);
  for (std::size_t i = 0; i < solutions.size(); ++i)
    fmt::format_to(to, "{:>{}} {}\n", static_cast<char>('A' + i % 26), 4, solutions[i].name);
  fmt::format_to(to, "\n{:<6}{:<{}}", "", "", kTitleWidth);
  for (std::size_t i = 0; i < solutions.size(); ++i) fmt::format_to(to, " {}", static_cast<char>('A' + i % 26));
  out += '\n';
  for (const Check& check : lab.checks) {
    std::string title = check.title.substr(0, kTitleWidth - 1);
    fmt::format_to(to, "{:<6}{:<{}}", check.id, title, kTitleWidth);
    for (const LintedSolution& solution : solutions) {
      const auto found = std::ranges::find(solution.result.checks, check.id, &CheckResult::id);
      fmt::format_to(to, " {}", mark(found == solution.result.checks.end() ? nullptr : &*found));
    }
    out += '\n';
  }
  fmt::format_to(to, "{:<6}{:<{}}", "", "points", kTitleWidth);
  for (const LintedSolution& solution : solutions) fmt::format_to(to, " {}", pointsText(solution.result.points()));
  out += "\n(+ passed, ~ partial, - failed, . skipped, m a person reads it)\n";
  for (const std::string& mistake : mistakes) fmt::format_to(to, "\nmistake: {}", mistake);
  for (const std::string& warning : warnings) fmt::format_to(to, "\nwarning: {}", warning);
  fmt::format_to(to, "{}{}\n", mistakes.empty() && warnings.empty() ? "" : "\n",
                 mistakes.empty() ? "The lab can be published." : "The lab cannot be published.");
  return out;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <algorithm>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/lab_places.h"
#include "cli/policy_setup.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "grade/lab_description.h"
#include "grade/lab_folder.h"
#include "grade/result_writers.h"

namespace overcommit {
namespace {

ExitCode refuseLab(const Error& error) {
  printError(error);
  return ExitCode::Usage;
}

}  // namespace

ExitCode labListCommand(const CommandLine& line) {
  const std::string format = line.has("--format") ? line.text("--format") : "text";
  if (format != "text" && format != "json") return refuseLab(Error{fmt::format("--format: \"{}\" is neither text nor json", format)});
  const auto folders = findLabs();
  if (!folders) return refuseLab(folders.error());
  auto code = ExitCode::Well;
  for (const auto& folder : *folders) {
    const auto lab = loadLab(folder);
    if (!lab) {
      code = refuseLab(lab.error());
      continue;
    }
    if (format == "json")
      say("{}\n", labDescription(*lab));
    else
      say("{:>3}  {:<52} {:>3} min  {:>5} points  {}\n", lab->number, lab->title, lab->minutes, pointsText(lab->mostPoints()), lab->name);
  }
  return code;
}

ExitCode labStartCommand(const CommandLine& line) {
  const auto lab = labNamed(line.text("LAB"));
  if (!lab) return refuseLab(lab.error());
  const auto config = graderConfig();
  if (!config) return refuseLab(config.error());
  catchInterrupts();
  const auto started = startLab(*lab, line.text("DIR"), line.text("--student"), *config);
  if (!started) return refuseLab(started.error());
  say("Lab {}, {}, is in {}: begin with handout.md.\nAsk how you do: overcommit grade {} --submission {}\n", lab->number, lab->title,
      line.text("DIR"), line.text("LAB"), line.text("DIR"));
  return ExitCode::Well;
}

ExitCode labCheckCommand(const CommandLine& line) {
  const auto lab = labNamed(line.text("LAB"));
  if (!lab) return refuseLab(lab.error());
  const std::string id = line.text("CHECK");
  if (lab->check(id) == nullptr) {
    std::string known;
    for (const Check& check : lab->checks) known += fmt::format("{}{}", known.empty() ? "" : ", ", check.id);
    return refuseLab(Error{fmt::format("lab {} has no check \"{}\": it has {}", lab->number, id, known)});
  }
  auto config = graderConfig();
  if (!config) return refuseLab(config.error());
  config->only = {id};
  config->debugPolicy = line.has("--debug-policy");
  if (!lab->policies.empty()) warnOfConfinement(line);
  const auto submission =
      readSubmission(line.text("--submission"), line.has("--student") ? std::optional(line.text("--student")) : std::nullopt, *lab);
  if (!submission) return refuseLab(submission.error());
  catchInterrupts();
  const auto result = gradeLab(*lab, *submission, *config);
  if (!result) return refuseLab(result.error());
  const Colours colours = isatty(STDOUT_FILENO) == 1 ? Colours::On : Colours::Off;
  say("{}", labText(*result, fmt::format("overcommit grade {} --submission {}", line.text("LAB"), line.text("--submission")), colours));
  return interrupted() ? ExitCode::Interrupted : static_cast<ExitCode>(result->exitCode);
}

ExitCode labLintCommand(const CommandLine& line) {
  const auto config = graderConfig();
  if (!config) return refuseLab(config.error());
  catchInterrupts();
  std::vector<Lab> labs;
  if (line.has("LAB")) {
    auto lab = labNamed(line.text("LAB"));
    if (!lab) return refuseLab(lab.error());
    labs.push_back(std::move(*lab));
  } else {
    const auto folders = findLabs();
    if (!folders) return refuseLab(folders.error());
    for (const auto& folder : *folders) {
      auto lab = loadLab(folder);
      if (!lab) return refuseLab(lab.error());
      labs.push_back(std::move(*lab));
    }
  }
  bool good = true;
  for (std::size_t i = 0; i < labs.size() && !interrupted(); ++i) {
    const auto report = lintLab(labs[i], *config);
    if (!report) return refuseLab(report.error());
    say("{}{}", i == 0 ? "" : "\n", report->text(labs[i]));
    good = good && report->mistakes.empty();
  }
  if (interrupted()) return ExitCode::Interrupted;
  return good ? ExitCode::Well : ExitCode::ExpectationFailed;
}

ExitCode labExportCommand(const CommandLine& line) {
  const auto lab = labNamed(line.text("LAB"));
  if (!lab) return refuseLab(lab.error());
  if (!line.has("--student"))
    return refuseLab(Error{"who is it for? So far there is --student only: without reference, saboteurs and hidden runs"});
  if (const auto done = exportForStudents(*lab, line.text("DIR")); !done) return refuseLab(done.error());
  say("Lab {} without what is for teachers only is in {}.\n", lab->number, line.text("DIR"));
  return ExitCode::Well;
}

ExitCode labPackageCommand(const CommandLine& line) {
  const auto lab = labNamed(line.text("LAB"));
  if (!lab) return refuseLab(lab.error());
  const std::string platform = line.text("--for");
  if (platform != "gradescope" && platform != "classroom50")
    return refuseLab(Error{fmt::format("--for: \"{}\" is neither gradescope nor classroom50", platform)});
  const auto executable = ownExecutable();
  if (!executable) return refuseLab(executable.error());
  const auto guest = findReferenceGuest();
  if (!guest) return refuseLab(guest.error());
  auto system = ownSystem();
  if (!system) return refuseLab(system.error());
  warnOfWithheld(*lab);
  PackageParts parts{*executable, std::move(*system), guest->parent_path(), {}, {}};
  if (!lab->policies.empty()) {
    const auto sdk = findSdk();
    if (!sdk) return refuseLab(sdk.error());
    const auto sources = findGuestSources();
    if (!sources) return refuseLab(sources.error());
    parts.sdk = *sdk;
    parts.guestSources = sources->folder;
  }
  const bool isGradescope = platform == "gradescope";
  const auto packed = packageLab(*lab, isGradescope ? Platform::Gradescope : Platform::Classroom50, line.text("DIR"), parts);
  if (!packed) return refuseLab(packed.error());
  if (isGradescope) {
    say("The autograder is in {0}. Pack it so that its files lie at the root: (cd {0} && zip -r ../autograder.zip .)\n", line.text("DIR"));
  } else {
    say("The grader is in {0}: {0}/grade is what the runner calls, {0}/Containerfile makes its image.\n", line.text("DIR"));
  }
  return ExitCode::Well;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/policy_setup.h"
#include "cli/progress_line.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "cli/walk_questions.h"
#include "scenario/column_sampler.h"
#include "scenario/csv_report.h"
#include "scenario/json_report.h"
#include "scenario/text_report.h"
#include "trace/trace_writer.h"

namespace overcommit {
namespace {

ExitCode fail(const Error& error, ExitCode code = ExitCode::Usage) {
  printError(error);
  return code;
}

// Nobody means to replace the scenario by its result, or one result by another.
Result<void> checkOutputs(const CommandLine& line) {
  std::map<std::filesystem::path, std::string> taken;
  for (const char* name : {"FILE", "--trace", "--json", "--csv"}) {
    const std::string path = line.text(name);
    if (path.empty() && line.has(name)) return failure("{}: the file's name is empty", name);
    if (path.empty() || (path == "-" && std::string_view(name) == "--json")) continue;
    if (path == "-") return failure("{}: only --json - is standard output; name a file, which may be called ./-", name);
    std::error_code ignored;
    const auto [known, added] = taken.emplace(std::filesystem::weakly_canonical(path, ignored), name);
    if (!added) return failure("{} and {} are the same file {}: give each a name of its own", known->second, name, path);
  }
  return {};
}

enum class JsonTo { Nowhere, StandardOutput, File };

// The files that a run writes, open from before it until after it.
struct Outputs {
  JsonTo jsonTo = JsonTo::Nowhere;
  std::optional<OutputFile> json, csv;

  static Result<Outputs> open(const CommandLine& line) {
    Outputs outputs;
    if (const auto checked = checkOutputs(line); !checked) return tl::unexpected(checked.error());
    const auto create = [&](const char* name, std::optional<OutputFile>& into) -> Result<void> {
      auto file = OutputFile::create(line.text(name));
      if (!file) return failure("{}: {}", name, file.error().text);
      into = std::move(*file);
      return {};
    };
    if (line.text("--json") == "-") {
      outputs.jsonTo = JsonTo::StandardOutput;
    } else if (line.has("--json")) {
      outputs.jsonTo = JsonTo::File;
      if (const auto made = create("--json", outputs.json); !made) return tl::unexpected(made.error());
    }
    if (line.has("--csv")) {
      if (const auto made = create("--csv", outputs.csv); !made) return tl::unexpected(made.error());
    }
    return outputs;
  }
};

// Nothing: no walks are asked for.
Result<std::optional<WalkQuestions>> walksOf(const CommandLine& line) {
  if (!line.has("--walks")) return std::nullopt;
  const auto given = line.texts("--policy");
  if (std::ranges::none_of(given, [](const std::string& policy) { return policy.starts_with("walk="); }))
    return failure("--walks: who is to be asked? Give --policy walk=FILE as well");
  return WalkQuestions::from(line.text("--walks")).map([](WalkQuestions questions) { return std::optional(std::move(questions)); });
}

// Runs up to the instant of the questions, and asks them.
Result<std::vector<WalkMarks>> askOnTheWay(ScenarioRun& run, const WalkQuestions& questions, PolicySetup& policies,
                                           const std::function<bool()>& failed) {
  const VirtualTime until = std::min(questions.at, run.scenario().config.duration);
  if (const auto advanced = advanceUnlessInterrupted(run, until, failed); !advanced) return tl::unexpected(advanced.error());
  if (failed() || interrupted() || run.ending()) return {};
  return askForWalks(run.host(), questions, *policies.walker());
}

// The run is over and its result known; a file that could not be written still makes the command fail.
ExitCode report(const CommandLine& line, Outputs& outputs, const RunSnapshot& result, const TraceWriter* trace) {
  auto code = interrupted() ? ExitCode::Interrupted : static_cast<ExitCode>(result.exitCode());
  const auto written = [&](const Result<void>& outcome) {
    if (!outcome) code = fail(outcome.error());
  };
  if (outputs.jsonTo == JsonTo::StandardOutput) say("{}", jsonReport(result));
  if (outputs.json) {
    outputs.json->write(jsonReport(result));
    written(outputs.json->close());
  }
  if (outputs.csv) written(outputs.csv->close());
  if (trace != nullptr && trace->error()) code = fail(Error{fmt::format("the trace is not complete: {}", trace->error()->text)});
  if (outputs.jsonTo != JsonTo::StandardOutput && !line.has("--quiet")) say("{}", textReport(result));
  return code;
}

}  // namespace

ExitCode runCommand(const CommandLine& line) {
  auto scenario = scenarioFrom(line);
  if (!scenario) return fail(scenario.error());
  const auto walks = walksOf(line);
  if (!walks) return fail(walks.error());
  auto outputs = Outputs::open(line);
  if (!outputs) return fail(outputs.error());
  if (!scenario->vary.empty() && !line.has("--quiet"))
    sayTo(stderr, "{} has a [vary]: this run takes its settings as they are; overcommit sweep runs all its points\n", scenario->fileName);

  auto policies = PolicySetup::from(line);
  if (!policies) return fail(Error{policies.error().text}, exitCodeFor(policies.error()));
  EventLog log;
  auto run = setUp(std::move(*scenario), log, policies->parts());
  if (!run) return fail(run.error(), exitCodeFor(run.error()));
  const Scenario& running = (*run)->scenario();

  std::unique_ptr<TraceWriter> trace;
  if (line.has("--trace")) {
    auto created = TraceWriter::create(line.text("--trace"), (*run)->host().traceHeader(running.text, running.fileName));
    if (!created) return fail(Error{fmt::format("--trace: {}", created.error().text)});
    trace = std::move(*created);
    log.addListener(*trace);
  }
  std::optional<CsvReport> csv;
  if (outputs->csv) {
    csv.emplace((*run)->host(), seconds(1), [&](std::string_view text) { outputs->csv->write(text); });
    (*run)->addObserver(*csv);
  }
  std::optional<ProgressLine> progress;
  if (!line.has("--quiet") && ::isatty(STDERR_FILENO) == 1) {
    progress.emplace(stderr, running.config.duration);
    (*run)->addObserver(*progress);
  }

  ColumnSampler columns(running.columns);
  if (!running.columns.empty()) (*run)->addObserver(columns);

  catchInterrupts();
  policies->reportTo(log);
  if (line.has("--debug-policy")) policies->waitForDebugger();
  if (const auto started = (*run)->start(); !started) return fail(started.error(), exitCodeFor(started.error()));
  const auto failed = [&] { return policies->failed(); };
  std::vector<WalkMarks> marks;
  if (*walks) {
    auto asked = askOnTheWay(**run, **walks, *policies, failed);
    if (!asked) return fail(asked.error());
    marks = std::move(*asked);
  }
  const auto advanced = advanceUnlessInterrupted(**run, running.config.duration, failed);
  if (progress) progress->clear();
  if (!advanced) printError(advanced.error());
  policies->finish();
  const auto values = columns.finish((*run)->host());
  RunSnapshot result = (*run)->finish();
  result.policies = policies->snapshots();
  result.walks = std::move(marks);
  for (std::size_t i = 0; i < values.size(); ++i) result.columns.push_back({running.columns[i].name, running.columns[i].unit(), values[i]});
  if (trace) trace->finish(result.digest);
  return report(line, *outputs, result, trace.get());
}

}  // namespace overcommit

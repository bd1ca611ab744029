// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <thread>

#include "cli/child_runs.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/run_setup.h"
#include "cli/say.h"
#include "scenario/column_sampler.h"
#include "scenario/sweep_file.h"
#include "scenario/sweep_report.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kMostJobs = 1024;

ExitCode refuse(const Error& error, ExitCode code = ExitCode::Usage) {
  printError(error);
  return code;
}

// The answer of a point's process: a line with the exit code and the digest, a line for each column, then why expectations failed.
std::string answerOf(int exitCode, const RunSnapshot& result, std::span<const std::string> names, std::span<const SweepColumn> columns,
                     std::span<const std::optional<std::uint64_t>> values) {
  std::string answer = fmt::format("{} {}\n", exitCode, result.digest.text());
  std::map<std::string_view, std::optional<std::uint64_t>> known;
  for (std::size_t i = 0; i < columns.size(); ++i) known.emplace(columns[i].name, values[i]);
  for (const std::string& name : names) {
    const auto found = known.find(name);
    answer += found != known.end() && found->second ? fmt::format("{}\n", *found->second) : "-\n";
  }
  if (result.limit) answer += fmt::format("{}\n", *result.limit);
  for (const VmSnapshot& vm : result.vms) {
    if (vm.crash) answer += fmt::format("{} was stopped: {}\n", vm.name, *vm.crash);
  }
  for (const auto& [expectation, verdict] : result.expectations) {
    if (verdict.holds()) continue;
    const std::string got = verdict.got ? "got " + formatValue(*verdict.got, expectation.reference.unit()) : "the run ended before that";
    answer += fmt::format("{}: {}; {} (line {})\n", expectation.metric, expectation.wanted(), got, expectation.line);
  }
  return answer;
}

// Takes the next line off `text`.
std::string_view nextLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

void readAnswer(std::string_view answer, std::size_t columns, SweepRow& row) {
  const std::string_view first = nextLine(answer);
  const std::size_t blank = first.find(' ');
  if (blank == std::string_view::npos) return;
  row.exitCode = static_cast<int>(number(first.substr(0, blank)).value_or(static_cast<std::uint64_t>(kExitInvariantBroken)));
  row.digest = first.substr(blank + 1);
  for (std::size_t i = 0; i < columns; ++i) row.figures.push_back(number(nextLine(answer)));
  for (; !answer.empty();) row.error += fmt::format("{}{}", row.error.empty() ? "" : "; ", nextLine(answer));
}

// Runs one point, in its own process.
int runPoint(const CommandLine& line, const Sweep& sweep, std::size_t index, int answer) {
  Scenario scenario = sweep.scenario(index);
  if (const auto applied = applyOptions(line, scenario); !applied) return static_cast<int>(refuse(applied.error()));
  const std::vector<SweepColumn> columns = scenario.columns;
  ColumnSampler sampler(columns);
  EventLog log;
  auto run = setUp(std::move(scenario), log);
  if (!run) return static_cast<int>(refuse(run.error(), exitCodeFor(run.error())));
  (*run)->addObserver(sampler);
  if (const auto started = (*run)->start(); !started) return static_cast<int>(refuse(started.error(), exitCodeFor(started.error())));
  const auto advanced = advanceUnlessInterrupted(**run, (*run)->scenario().config.duration);
  if (!advanced) printError(advanced.error());
  const auto values = sampler.finish((*run)->host());
  const RunSnapshot result = (*run)->finish();
  const int code = interrupted() ? static_cast<int>(ExitCode::Interrupted) : result.exitCode();
  const std::string text = answerOf(code, result, sweep.names(), columns, values);
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = write(answer, text.data() + at, text.size() - at);
    if (written < 0 && errno != EINTR)
      return static_cast<int>(refuse(Error{fmt::format("cannot hand over a result: {}", systemErrorText(errno))}));
    at += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return code;
}

// How far a sweep is, on a terminal.
class SweepProgress {
 public:
  SweepProgress(bool shown, std::size_t points) : shown_(shown && isatty(STDERR_FILENO) == 1), points_(points) { show(); }
  ~SweepProgress() {
    if (shown_) sayTo(stderr, "\r\033[K");
  }
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;
  void oneMore() {
    ++done_;
    show();
  }

 private:
  void show() const {
    if (shown_) sayTo(stderr, "\r\033[K{} of {} points", done_, points_);
  }
  bool shown_;
  std::size_t points_, done_ = 0;
};

Result<SweepTable> runAll(const CommandLine& line, const Sweep& sweep, std::size_t jobs) {
  SweepProgress progress(!line.has("--quiet"), sweep.points());
  std::vector<std::optional<SweepRow>> rows(sweep.points());
  const auto ran = runChildren(
      sweep.points(), jobs, [&](std::size_t index, int answer) { return runPoint(line, sweep, index, answer); },
      [&](std::size_t index, const ChildOutcome& outcome) {
        SweepRow& row = rows[index].emplace();
        row.point = sweep.point(index);
        row.exitCode = outcome.exitCode;
        row.error = outcome.messages;
        std::erase(row.error, '\r');
        while (row.error.ends_with('\n')) row.error.pop_back();
        std::ranges::replace(row.error, '\n', ' ');
        readAnswer(outcome.answer, sweep.names().size(), row);
        progress.oneMore();
      });
  if (!ran) return tl::unexpected(ran.error());
  SweepTable table = sweep.table();
  for (auto& row : rows) {
    if (!row) break;  // interrupted: what follows was not begun
    table.rows.push_back(std::move(*row));
  }
  return table;
}

ExitCode exitCodeOf(const SweepTable& table, std::span<const JudgedShape> shapes) {
  if (interrupted()) return ExitCode::Interrupted;
  bool failed = std::ranges::any_of(shapes, [](const JudgedShape& judged) { return !judged.verdict.holds; });
  for (const SweepRow& row : table.rows) {
    if (row.exitCode > kExitExpectationFailed) return static_cast<ExitCode>(row.exitCode);
    failed = failed || row.exitCode == kExitExpectationFailed;
  }
  return failed ? ExitCode::ExpectationFailed : ExitCode::Well;
}

// Nobody means to replace the scenario by its table.
Result<std::optional<OutputFile>> openCsv(const CommandLine& line) {
  const std::string path = line.text("--csv");
  if (!line.has("--csv") || path == "-") return std::nullopt;
  if (path.empty()) return failure("--csv: the file's name is empty");
  std::error_code ignored;
  if (std::filesystem::weakly_canonical(path, ignored) == std::filesystem::weakly_canonical(line.text("FILE"), ignored))
    return failure("FILE and --csv are the same file {}: give each a name of its own", path);
  auto file = OutputFile::create(path);
  if (!file) return failure("--csv: {}", file.error().text);
  return std::move(*file);
}

// With --point: the scenario of that point.
ExitCode printPoint(const Sweep& sweep, std::uint64_t point) {
  if (point < 1 || point > sweep.points())
    return refuse(Error{fmt::format("--point: there is no point {}: the sweep has {}, counted from 1", point, sweep.points())});
  say("{}", sweep.scenario(point - 1).text);
  return ExitCode::Well;
}

}  // namespace

ExitCode sweepCommand(const CommandLine& line) {
  const auto sweep = Sweep::load(line.text("FILE"), line.has("--quick") ? SweepExtent::Quick : SweepExtent::All);
  if (!sweep) return refuse(sweep.error());
  Scenario checked = sweep->base();
  if (const auto applied = applyOptions(line, checked); !applied) return refuse(applied.error());
  const auto& settings = sweep->base().vary;
  if (line.has("--seed") && std::ranges::find(settings, "seed", &VariedSetting::path) != settings.end())
    return refuse(Error{"--seed: the sweep varies the seed itself"});
  const auto point = line.number("--point");
  if (!point) return refuse(point.error());
  if (*point) return printPoint(*sweep, **point);
  const auto jobs = line.number("--jobs");
  if (!jobs) return refuse(jobs.error());
  if (*jobs && (**jobs < 1 || **jobs > kMostJobs))
    return refuse(Error{fmt::format("--jobs: {} runs at a time: 1 to {}", **jobs, kMostJobs)});
  auto csv = openCsv(line);
  if (!csv) return refuse(csv.error());

  catchInterrupts();
  const auto table = runAll(line, *sweep, jobs->value_or(std::max(1u, std::thread::hardware_concurrency())));
  if (!table) return refuse(table.error());
  std::vector<JudgedShape> shapes;
  for (const Shape& shape : sweep->base().shapes) {
    if (!interrupted()) shapes.push_back({shape, judge(shape, *table)});
  }
  auto code = exitCodeOf(*table, shapes);
  const std::string csvText = sweepCsv(*table);
  if (*csv) {
    (*csv)->write(csvText);
    if (const auto written = (*csv)->close(); !written) code = refuse(written.error());
  }
  if (line.text("--csv") == "-") {
    say("{}", csvText);
  } else if (!line.has("--quiet")) {
    say("{}", sweepReport(sweep->base().config.title, *table, shapes));
  }
  return code;
}

}  // namespace overcommit

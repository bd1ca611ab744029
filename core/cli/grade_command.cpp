// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/units.h"
#include "cli/child_runs.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/lab_places.h"
#include "cli/policy_setup.h"
#include "cli/say.h"
#include "grade/result_writers.h"
#include "grade/text_file.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;
using GradeJson = nlohmann::json;

constexpr std::uint64_t kMostGradeJobs = 1024;
constexpr std::size_t kLargestMetadata = 16u << 20;

ExitCode refuseGrade(const Error& error, ExitCode code = ExitCode::Usage) {
  printError(error);
  return code;
}

enum class ResultFormat : std::uint8_t { Text, Json, Gradescope, Classroom50, Junit };

Result<ResultFormat> resultFormatOf(const CommandLine& line) {
  if (!line.has("--format")) return ResultFormat::Text;
  const std::string name = line.text("--format");
  static constexpr std::array<std::string_view, 5> kFormats{"text", "json", "gradescope", "classroom50", "junit"};
  const auto found = std::ranges::find(kFormats, name);
  if (found == kFormats.end()) return failure("--format: there is no \"{}\": there are {}", name, fmt::join(kFormats, ", "));
  return static_cast<ResultFormat>(found - kFormats.begin());
}

std::string fromEnvironment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  return value == nullptr ? std::string() : std::string(value);
}

ClassroomIdentity classroomIdentity() {
  return {fromEnvironment("CLASSROOM"),          fromEnvironment("ASSIGNMENT"),  fromEnvironment("SUBMISSION_TAG"),
          fromEnvironment("COMMIT_URL"),         fromEnvironment("RELEASE_URL"), fromEnvironment("REVIEW_URL"),
          fromEnvironment("SUBMISSION_DATETIME")};
}

std::string formed(const LabResult& result, ResultFormat format, const CommandLine& line, Colours colours) {
  switch (format) {
    case ResultFormat::Text:
      return labText(result, fmt::format("overcommit grade {} --submission {}", line.text("LAB"), line.text("--submission")), colours);
    case ResultFormat::Json: return labJson(result);
    case ResultFormat::Gradescope: return gradescopeJson(result);
    case ResultFormat::Classroom50: return classroomJson(result, classroomIdentity());
    case ResultFormat::Junit: return junitXml(result);
  }
  return "";
}

Result<Colours> coloursOf(const CommandLine& line) {
  const std::string when = line.has("--color") ? line.text("--color") : "auto";
  if (when == "always") return Colours::On;
  if (when == "never") return Colours::Off;
  if (when == "auto") return isatty(STDOUT_FILENO) == 1 ? Colours::On : Colours::Off;
  return failure("--color: \"{}\" is none of auto, always and never", when);
}

// Gradescope's metadata: the first of the users, by id, which never changes.
Result<std::string> studentOfMetadata(const std::string& path) {
  const auto text = readTextFile(path, kLargestMetadata);
  if (!text) return failure("--metadata: {}", text.error().text);
  const GradeJson json = GradeJson::parse(*text, nullptr, false);
  const auto* users = json.is_object() && json.contains("users") ? &json["users"] : nullptr;
  if (users == nullptr || !users->is_array() || users->empty() || !users->front().contains("id"))
    return failure("--metadata: {} names no user with an id", path);
  const GradeJson& id = users->front()["id"];
  return id.is_string() ? id.get<std::string>() : id.dump();
}

Result<std::optional<std::string>> studentOf(const CommandLine& line) {
  if (line.has("--student") && line.has("--metadata")) return failure("--student and --metadata both say who it is: give one of them");
  if (line.has("--student")) return line.text("--student");
  if (!line.has("--metadata")) return std::nullopt;
  return studentOfMetadata(line.text("--metadata")).map([](std::string student) { return std::optional(std::move(student)); });
}

ExitCode gradeExitCode(const LabResult& result, const CommandLine& line) {
  if (interrupted()) return ExitCode::Interrupted;
  return line.text("--exit-policy") == "ran" ? ExitCode::Well : static_cast<ExitCode>(result.exitCode);
}

// A file that every check renews, so that what is known stays known however grading ends.
class ResultFile {
 public:
  ResultFile(const CommandLine& line, ResultFormat format) : line_(line), format_(format) {}
  void write(const LabResult& result) {
    if (!line_.has("--out") || error_) return;
    const auto written = writeAtomically(line_.text("--out"), formed(result, format_, line_, Colours::Off));
    if (!written) error_ = written.error();
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const CommandLine& line_;
  ResultFormat format_;
  std::optional<Error> error_;
};

ExitCode gradeOne(const CommandLine& line, const Lab& lab, GraderConfig config) {
  const auto format = resultFormatOf(line);
  if (!format) return refuseGrade(format.error());
  const auto colours = coloursOf(line);
  if (!colours) return refuseGrade(colours.error());
  const auto student = studentOf(line);
  if (!student) return refuseGrade(student.error());
  const auto submission = readSubmission(line.text("--submission"), *student, lab);
  if (!submission) return refuseGrade(submission.error());
  ResultFile file(line, *format);
  config.onCheck = [&](const LabResult& result) { file.write(result); };
  const auto result = gradeLab(lab, *submission, config);
  if (!result) return refuseGrade(result.error());
  if (file.error()) return refuseGrade(Error{fmt::format("--out: {}", file.error()->text)});
  if (!line.has("--out")) {
    say("{}", formed(*result, *format, line, *colours));
  } else if (!line.has("--quiet")) {
    say("{}", labText(*result, fmt::format("overcommit grade {} --submission {}", line.text("LAB"), line.text("--submission")), *colours));
  }
  return gradeExitCode(*result, line);
}

// --- --verify: the same again?

// "" if there is no such text.
std::string textAt(const GradeJson& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return "";
  const auto* text = found->get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

ExitCode verify(const CommandLine& line, const Lab& lab, const GraderConfig& config) {
  const auto text = readTextFile(line.text("--verify"), kLargestMetadata);
  if (!text) return refuseGrade(Error{fmt::format("--verify: {}", text.error().text)});
  const GradeJson old = GradeJson::parse(*text, nullptr, false);
  if (!old.is_object() || textAt(old, "format") != "overcommit-lab-result")
    return refuseGrade(Error{fmt::format("--verify: {} is no result of overcommit grade --format json", line.text("--verify"))});
  const std::string student = line.has("--student") ? line.text("--student") : textAt(old, "student");
  const auto submission = readSubmission(line.text("--submission"), student, lab);
  if (!submission) return refuseGrade(submission.error());
  const auto result = gradeLab(lab, *submission, config);
  if (!result) return refuseGrade(result.error());
  const GradeJson again = GradeJson::parse(labJson(*result));
  if (again == old) {
    say("verified: graded again, {} gives the same result to the last digit\n", line.text("--verify"));
    return ExitCode::Well;
  }
  say("not verified: graded again, the result is another one\n");
  for (const GradeJson& change : GradeJson::diff(old, again)) {
    const GradeJson::json_pointer place(change["path"].get<std::string>());
    const std::string before = old.contains(place) ? old[place].dump(-1, ' ', false, GradeJson::error_handler_t::replace) : "nothing";
    const std::string now =
        change.contains("value") ? change["value"].dump(-1, ' ', false, GradeJson::error_handler_t::replace) : "nothing";
    say("  {}: was {}, is {}\n", change["path"].get<std::string>(), before, now);
  }
  return ExitCode::ExpectationFailed;
}

// --- --open: the app at the moment of a check

fs::path findApp(const GraderConfig& config) {
  std::error_code ignored;
  for (const fs::path& place : {config.command.parent_path() / "overcommit-gui", config.command.parent_path() / "gui/overcommit-gui"}) {
    if (fs::is_regular_file(place, ignored)) return place;
  }
  const std::string path = fromEnvironment("PATH");
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    fs::path place = fs::path(path.substr(at, end - at)) / "overcommit-gui";
    if (access(place.c_str(), X_OK) == 0) return place;
    at = end + 1;
  }
  return {};
}

// An instant as one word of a command: "4s".
std::string instantWord(VirtualTime at) {
  std::string word = formatExactTime(at);
  std::erase(word, ' ');
  return word;
}

ExitCode openAt(const CommandLine& line, const Lab& lab, GraderConfig config) {
  const Check* check = lab.check(line.text("--open"));
  if (check == nullptr) return refuseGrade(Error{fmt::format("--open: lab {} has no check \"{}\"", lab.number, line.text("--open"))});
  const auto student = studentOf(line);
  if (!student) return refuseGrade(student.error());
  const auto submission = readSubmission(line.text("--submission"), *student, lab);
  if (!submission) return refuseGrade(submission.error());
  config.only = {check->id};
  const auto result = gradeLab(lab, *submission, config);
  if (!result) return refuseGrade(result.error());
  std::optional<VirtualTime> at;
  for (const CheckResult& judged : result->checks) {
    if (judged.id == check->id) at = judged.at;
  }
  const auto kept = traceForCheck(lab, *check, *submission, config);
  if (!kept) return refuseGrade(kept.error());
  if (line.has("--trace")) {
    std::error_code failed;
    fs::copy_file(kept->trace, line.text("--trace"), fs::copy_options::overwrite_existing, failed);
    std::error_code ignored;
    fs::remove_all(kept->folder, ignored);
    if (failed) return refuseGrade(Error{fmt::format("--trace: cannot write {}: {}", line.text("--trace"), failed.message())});
    say("The run \"{}\" is in {}; the moment is {}.\n", check->run, line.text("--trace"), formatTime(at.value_or(VirtualTime())));
    return ExitCode::Well;
  }
  const std::string time = instantWord(at.value_or(VirtualTime()));
  const fs::path app = findApp(config);
  const bool hasScreen =
      !fromEnvironment("DISPLAY").empty() || !fromEnvironment("WAYLAND_DISPLAY").empty() || !fromEnvironment("QT_QPA_PLATFORM").empty();
  if (app.empty() || !hasScreen) {
    say("The run \"{}\" is in {}; the moment is {}.\n{}\n  overcommit-gui --at {} {}\n  overcommit trace state {} --at {}\n", check->run,
        kept->trace.string(), formatTime(at.value_or(VirtualTime())),
        app.empty() ? "The app is not installed here. Where it is, the first of these shows it; the second does in characters:"
                    : "There is no screen here. Where there is one, the first of these shows it; the second does in characters:",
        time, kept->trace.string(), kept->trace.string(), time);
    return ExitCode::Well;
  }
  const std::string program = app.string(), trace = kept->trace.string();
  execl(program.c_str(), program.c_str(), "--at", time.c_str(), trace.c_str(), nullptr);
  return refuseGrade(Error{fmt::format("cannot start {}: {}", program, systemErrorText(errno))});
}

// --- --many: a class

std::string bookCell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// A spreadsheet takes a cell that begins so for a formula.
std::string bookName(const std::string& text) {
  const bool isFormula = !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
  return bookCell(isFormula ? "'" + text : text);
}

std::string gradebookHead(const Lab& lab) {
  std::string head = "student,points,max,passed,complete,exit";
  for (const Check& check : lab.checks) head += "," + bookCell(check.id);
  return head + "\n";
}

std::string gradebookRow(const Lab& lab, const std::string& student, const GradeJson& json, int code) {
  if (!json.is_object())
    return fmt::format("{},0,{},false,false,{}{}\n", bookName(student), pointsText(lab.mostPoints()), code,
                       std::string(lab.checks.size(), ','));
  std::string row = fmt::format("{},{},{},{},{},{}", bookName(student), pointsText(json["milli_points"].get<MilliPoints>()),
                                pointsText(lab.mostPoints()), json["passed"].get<bool>(), json["complete"].get<bool>(), code);
  for (const Check& check : lab.checks) {
    row += ',';
    for (const GradeJson& judged : json["checks"]) {
      if (judged["id"] != check.id) continue;
      row += judged["status"] == "manual" ? "manual" : pointsText(judged["milli_points"].get<MilliPoints>());
    }
  }
  return row + "\n";
}

ExitCode gradeMany(const CommandLine& line, const Lab& lab, const GraderConfig& config) {
  const fs::path folder = line.text("--many");
  const auto format = line.has("--format") ? resultFormatOf(line) : ResultFormat::Json;
  if (!format) return refuseGrade(format.error());
  const auto jobs = line.number("--jobs");
  if (!jobs) return refuseGrade(jobs.error());
  if (*jobs && (**jobs < 1 || **jobs > kMostGradeJobs))
    return refuseGrade(Error{fmt::format("--jobs: {} at a time: 1 to {}", **jobs, kMostGradeJobs)});
  std::vector<std::string> students, passedOver;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(".")) continue;
    std::error_code unseen;  // a link that leads nowhere
    (entry->is_directory(unseen) ? students : passedOver).push_back(name);
  }
  if (failed) return refuseGrade(Error{fmt::format("--many: cannot read {}: {}", folder.string(), failed.message())});
  if (students.empty()) return refuseGrade(Error{fmt::format("--many: {} has no submissions: a folder for each student", folder.string())});
  std::ranges::sort(students);
  std::ranges::sort(passedOver);
  if (!passedOver.empty() && !line.has("--quiet"))
    sayTo(stderr, "overcommit: passed over in {}, where each submission is a folder: {}\n", folder.string(), fmt::join(passedOver, ", "));
  const fs::path out = line.text("--out");
  if (line.has("--out")) fs::create_directories(out, failed);
  if (failed) return refuseGrade(Error{fmt::format("--out: cannot create {}: {}", out.string(), failed.message())});

  std::vector<std::string> rows(students.size());
  std::vector<int> codes(students.size(), -1);
  std::size_t done = 0;
  const std::size_t atOnce = jobs->value_or(std::max(1u, std::thread::hardware_concurrency()));
  const char* const ending = *format == ResultFormat::Junit ? ".xml" : *format == ResultFormat::Text ? ".txt" : ".json";
  const auto ran = runChildren(
      students.size(), atOnce,
      [&](std::size_t index, int answer) {
        const auto submission = readSubmission(folder / students[index], students[index], lab);
        if (!submission) return static_cast<int>(refuseGrade(submission.error()));
        GraderConfig own = config;
        own.atOnce = std::max<std::size_t>(config.atOnce / atOnce, 1);
        std::optional<Error> unwritten;
        own.onCheck = [&](const LabResult& result) {
          if (!line.has("--out")) return;
          const auto written = writeAtomically(out / (students[index] + ending), formed(result, *format, line, Colours::Off));
          if (!written) unwritten = written.error();
        };
        const auto result = gradeLab(lab, *submission, own);
        if (!result) return static_cast<int>(refuseGrade(result.error()));
        if (unwritten) return static_cast<int>(refuseGrade(*unwritten));
        const std::string text = labJson(*result);
        for (std::size_t at = 0; at < text.size();) {
          const ssize_t written = write(answer, text.data() + at, text.size() - at);
          if (written < 0 && errno != EINTR) return static_cast<int>(ExitCode::Usage);
          at += written > 0 ? static_cast<std::size_t>(written) : 0;
        }
        return interrupted() ? static_cast<int>(ExitCode::Interrupted) : result->exitCode;
      },
      [&](std::size_t index, const ChildOutcome& outcome) {
        codes[index] = outcome.exitCode;
        rows[index] = gradebookRow(lab, students[index], GradeJson::parse(outcome.answer, nullptr, false), outcome.exitCode);
        if (!outcome.messages.empty()) sayTo(stderr, "{}: {}", students[index], outcome.messages);
        ++done;
        if (!line.has("--quiet")) sayTo(stderr, "{} of {}: {}\n", done, students.size(), students[index]);
      });
  if (!ran) return refuseGrade(ran.error());
  std::string book = gradebookHead(lab);
  for (const std::string& row : rows) book += row;
  if (line.has("--gradebook") && line.text("--gradebook") != "-") {
    if (const auto written = writeAtomically(line.text("--gradebook"), book); !written)
      return refuseGrade(Error{fmt::format("--gradebook: {}", written.error().text)});
  } else {
    say("{}", book);
  }
  if (interrupted()) return ExitCode::Interrupted;
  // Grading a class is well when everybody was graded; who passed stands in the book.
  const bool anyFailed = std::ranges::any_of(codes, [](int code) { return code == kExitUsage || code < 0 || code > 127; });
  return anyFailed ? ExitCode::Usage : ExitCode::Well;
}

Result<void> checkTogether(const CommandLine& line) {
  if (line.has("--many") == line.has("--submission")) return failure("what is to be graded? Give either --submission DIR or --many DIR");
  const std::string policy = line.text("--exit-policy");
  if (line.has("--exit-policy") && policy != "pass" && policy != "ran")
    return failure("--exit-policy: \"{}\" is neither pass nor ran", policy);
  for (const char* option : {"--jobs", "--gradebook"}) {
    if (line.has(option) && !line.has("--many")) return failure("{} goes with --many only", option);
  }
  if (line.has("--trace") && !line.has("--open")) return failure("--trace goes with --open only");
  for (const char* option : {"--open", "--verify", "--student", "--metadata", "--debug-policy"}) {
    if (line.has(option) && line.has("--many")) return failure("{} goes with --submission only", option);
  }
  return {};
}

}  // namespace

ExitCode gradeCommand(const CommandLine& line) {
  if (const auto checked = checkTogether(line); !checked) return refuseGrade(checked.error());
  const auto lab = labNamed(line.text("LAB"));
  if (!lab) return refuseGrade(lab.error());
  auto config = graderConfig();
  if (!config) return refuseGrade(config.error());
  config->debugPolicy = line.has("--debug-policy");
  if (!lab->policies.empty()) warnOfConfinement(line);
  catchInterrupts();
  if (line.has("--many") && !line.has("--quiet")) warnOfWithheld(*lab);
  if (line.has("--many")) return gradeMany(line, *lab, *config);
  if (line.has("--verify")) return verify(line, *lab, *config);
  if (line.has("--open")) return openAt(line, *lab, *config);
  return gradeOne(line, *lab, *config);
}

}  // namespace overcommit

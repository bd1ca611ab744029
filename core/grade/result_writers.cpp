// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/result_writers.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "base/units.h"

namespace overcommit {
namespace {

// Keys stay in the order in which they are written here.
using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestText = 8192;
constexpr std::size_t kShortestText = 16;

// At most so many bytes of a text, cut between characters.
std::string cutText(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  return text.substr(0, end) + "...";
}

// Texts of students and guests need not be UTF-8: what is not becomes U+FFFD.
std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

// The longest form that is short enough.
std::string fitting(const std::function<std::string(std::size_t)>& form) {
  for (std::size_t most = kLongestText;; most /= 2) {
    std::string text = form(most);
    if (text.size() <= kLargestResultFile || most <= kShortestText) return text;
  }
}

double asPoints(MilliPoints points) { return static_cast<double>(points) / 1000; }

// What a student is told about a check that is not passed, line by line.
std::string explained(const CheckResult& check, std::size_t most) {
  std::string text = check.what + "\n";
  if (!check.expected.empty()) text += fmt::format("expected: {}\n", cutText(check.expected, most));
  if (!check.got.empty()) text += fmt::format("got: {}\n", cutText(check.got, most));
  for (const std::string& step : check.steps) text += fmt::format("step: {}\n", cutText(step, most));
  if (!check.why.empty()) text += fmt::format("why it matters: {}\n", cutText(check.why, most));
  if (!check.mistake.empty()) text += fmt::format("usual cause: {}\n", cutText(check.mistake, most));
  if (!check.hint.empty()) text += fmt::format("hint: {}\n", cutText(check.hint, most));
  if (!check.run.empty() && check.at)
    text +=
        fmt::format("look: overcommit grade LAB --submission DIR --open {} (run {} at {})\n", check.id, check.run, formatTime(*check.at));
  return text;
}

bool isWell(const CheckResult& check) { return check.status == CheckStatus::Passed || check.status == CheckStatus::Manual; }

Json checkJson(const CheckResult& check, std::size_t most) {
  Json json;
  json["id"] = check.id;
  json["title"] = cutText(check.title, most);
  json["kind"] = nameOf(check.kind);
  json["status"] = nameOf(check.status);
  json["milli_points"] = check.points;
  json["max_milli_points"] = check.most;
  json["mandatory"] = check.mandatory;
  json["visibility"] = nameOf(check.visibility);
  json["what"] = cutText(check.what, most);
  json["expected"] = cutText(check.expected, most);
  json["got"] = cutText(check.got, most);
  json["steps"] = Json::array();
  for (const std::string& step : check.steps) json["steps"].push_back(cutText(step, most));
  json["why"] = cutText(check.why, most);
  json["mistake"] = cutText(check.mistake, most);
  json["hint"] = cutText(check.hint, most);
  json["run"] = check.run.empty() ? Json(nullptr) : Json(check.run);
  json["time_ns"] = check.at ? Json(check.at->value()) : Json(nullptr);
  return json;
}

Json runJson(const RunResult& run) {
  Json json;
  json["name"] = run.name;
  json["scenario"] = run.scenario;
  json["scenario_xxh3"] = run.scenarioHash;
  json["seed"] = run.seed;
  json["variant"] = run.variant;
  json["digest"] = run.digest;
  json["exit_code"] = run.exitCode;
  json["deterministic"] = run.deterministic;
  return json;
}

std::string labJsonOf(const LabResult& result, std::size_t most) {
  Json json;
  json["format"] = "overcommit-lab-result";
  json["format_version"] = 1;
  json["engine_version"] = OVERCOMMIT_VERSION;
  json["lab"] = result.lab;
  json["title"] = result.title;
  json["number"] = result.number;
  json["lab_xxh3"] = result.labHash;
  json["student"] = cutText(result.student, most);
  json["submission_xxh3"] = result.submissionHash;
  json["complete"] = result.complete;
  json["passed"] = result.passed();
  json["exit_code"] = result.complete ? Json(result.exitCode) : Json(nullptr);
  json["milli_points"] = result.points();
  json["max_milli_points"] = result.most();
  json["manual_milli_points"] = result.mostManual();
  json["all_checks"] = result.allChecks;
  json["checks"] = Json::array();
  for (const CheckResult& check : result.checks) json["checks"].push_back(checkJson(check, most));
  json["runs"] = Json::array();
  for (const RunResult& run : result.runs) json["runs"].push_back(runJson(run));
  json["warnings"] = Json::array();
  for (const std::string& warning : result.warnings) json["warnings"].push_back(cutText(warning, most));
  return dumped(json);
}

Json extraJson(const LabResult& result, const CheckResult& check) {
  Json extra;
  extra["kind"] = nameOf(check.kind);
  extra["time_ns"] = check.at ? Json(check.at->value()) : Json(nullptr);
  for (const RunResult& run : result.runs) {
    if (run.name == check.run) extra["run"] = runJson(run);
  }
  return extra;
}

std::string gradescopeOf(const LabResult& result, std::size_t most) {
  Json json;
  json["score"] = asPoints(result.points());
  json["output"] = result.summary();
  json["output_format"] = "text";
  json["visibility"] = "visible";
  json["stdout_visibility"] = "hidden";
  json["tests"] = Json::array();
  for (const CheckResult& check : result.checks) {
    Json test;
    test["name"] = cutText(check.title, most);
    test["number"] = check.id;
    // What a person reads is graded by Gradescope's own rubric.
    if (check.kind != CheckKind::Text) {
      test["score"] = asPoints(check.points);
      test["max_score"] = asPoints(check.most);
    }
    test["status"] = isWell(check) ? "passed" : "failed";
    test["output"] = check.status == CheckStatus::Passed ? check.what : explained(check, most);
    test["output_format"] = "text";
    test["visibility"] = nameOf(check.visibility);
    test["extra_data"] = extraJson(result, check);
    json["tests"].push_back(test);
  }
  json["extra_data"] = {{"engine_version", OVERCOMMIT_VERSION},     {"lab", result.lab},           {"lab_xxh3", result.labHash},
                        {"submission_xxh3", result.submissionHash}, {"complete", result.complete}, {"warnings", result.warnings}};
  return dumped(json);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        // XML knows no other control characters than these.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

// As JSON has it: what is no UTF-8 becomes U+FFFD.
std::string valid(const std::string& text) {
  const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

std::string junitOf(const LabResult& result, std::size_t most) {
  std::size_t failures = 0, skipped = 0;
  for (const CheckResult& check : result.checks) {
    if (check.status == CheckStatus::Failed || check.status == CheckStatus::Partial) ++failures;
    if (check.status == CheckStatus::Skipped || check.status == CheckStatus::Manual) ++skipped;
  }
  // A grading that was ended is no pass.
  const std::size_t errors = result.complete && !result.checks.empty() ? 0 : 1;
  const auto attribute = [&](const std::string& text) { return escaped(valid(cutText(text, most))); };
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
                     attribute(result.lab), result.checks.size() + errors, failures, errors, skipped);
  xml += fmt::format("<properties>\n<property name=\"engine_version\" value=\"{}\"/>\n<property name=\"points\" value=\"{} of {}\"/>\n",
                     OVERCOMMIT_VERSION, pointsText(result.points()), pointsText(result.most()));
  for (const RunResult& run : result.runs) xml += fmt::format("<property name=\"digest.{}\" value=\"{}\"/>\n", run.name, run.digest);
  xml += "</properties>\n";
  for (const CheckResult& check : result.checks) {
    xml += fmt::format("<testcase classname=\"{}\" name=\"{} {}\"", attribute(result.lab), attribute(check.id), attribute(check.title));
    const std::string text = escaped(valid(explained(check, most)));
    switch (check.status) {
      case CheckStatus::Passed: xml += "/>\n"; break;
      case CheckStatus::Partial:
      case CheckStatus::Failed:
        xml += fmt::format(">\n<failure message=\"{} of {} points\">{}</failure>\n</testcase>\n", pointsText(check.points),
                           pointsText(check.most), text);
        break;
      case CheckStatus::Skipped:
      case CheckStatus::Manual: xml += fmt::format(">\n<skipped message=\"{}\"/>\n</testcase>\n", attribute(check.got)); break;
    }
  }
  if (errors != 0)
    xml += fmt::format("<testcase classname=\"{}\" name=\"grading\">\n<error message=\"grading is not complete\"/>\n</testcase>\n",
                       attribute(result.lab));
  xml += "</testsuite>\n</testsuites>\n";
  return xml;
}

}  // namespace

std::string labJson(const LabResult& result) {
  return fitting([&](std::size_t most) { return labJsonOf(result, most); });
}

std::string gradescopeJson(const LabResult& result) {
  return fitting([&](std::size_t most) { return gradescopeOf(result, most); });
}

std::string classroomJson(const LabResult& result, const ClassroomIdentity& identity) {
  // Whole numbers only: hundredths of a point, rounded down.
  const auto whole = [](MilliPoints points) { return points / 10; };
  return fitting([&](std::size_t most) {
    Json json;
    json["schema"] = "classroom50/result/v1";
    json["classroom"] = identity.classroom;
    json["assignment"] = identity.assignment;
    json["submission"] = identity.submission;
    json["commit"] = identity.commit;
    json["release"] = identity.release;
    json["review"] = identity.review;
    json["datetime"] = identity.datetime;
    MilliPoints sum = 0, all = 0;
    json["tests"] = Json::array();
    for (const CheckResult& check : result.checks) {
      const MilliPoints maximum = check.kind == CheckKind::Text ? 0 : check.most;
      sum += whole(check.points);
      all += whole(maximum);
      json["tests"].push_back({{"test-name", fmt::format("{} {}", check.id, cutText(check.title, most))},
                               {"passed", isWell(check)},
                               {"score", whole(check.points)},
                               {"max-score", whole(maximum)},
                               {"status", nameOf(check.status)},
                               {"output", check.status == CheckStatus::Passed ? check.what : explained(check, most)}});
    }
    json["score"] = sum;
    json["max-score"] = all;
    return dumped(json);
  });
}

std::string junitXml(const LabResult& result) {
  return fitting([&](std::size_t most) { return junitOf(result, most); });
}

}  // namespace overcommit

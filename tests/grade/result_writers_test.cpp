// SPDX-License-Identifier: GPL-2.0-or-later
// Each form against what its reader wants. The platforms' rules are written out here from their documentation.
#include "grade/result_writers.h"

#include <QXmlStreamReader>
#include <fstream>
#include <set>

#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

CheckResult checkOf(const std::string& id, CheckStatus status, MilliPoints points, MilliPoints most) {
  CheckResult check;
  check.id = id;
  check.title = "Check <" + id + "> & \"more\"";
  check.kind = status == CheckStatus::Manual ? CheckKind::Text : CheckKind::Metric;
  check.status = status;
  check.points = points;
  check.most = most;
  check.what = "what";
  check.expected = "3 MiB";
  check.got = "2 MiB";
  check.steps = {"one", "two"};
  check.why = "why";
  check.mistake = "mistake";
  check.hint = "hint";
  check.run = "main";
  check.at = milliseconds(1500);
  return check;
}

LabResult sample() {
  LabResult result;
  result.lab = "lab-1-sample";
  result.title = "Sample";
  result.number = 1;
  result.labHash = result.submissionHash = std::string(32, 'a');
  result.student = "ada";
  result.complete = true;
  result.allChecks = 5;
  result.exitCode = 1;
  result.checks = {checkOf("1.1", CheckStatus::Passed, 2500, 2500), checkOf("1.2", CheckStatus::Partial, 333, 1000),
                   checkOf("1.3", CheckStatus::Failed, 0, 1000), checkOf("1.4", CheckStatus::Skipped, 0, 1000),
                   checkOf("1.5", CheckStatus::Manual, 0, 3000)};
  result.checks[2].visibility = Visibility::Hidden;
  RunResult& run = result.runs.emplace_back();
  run.name = "main";
  run.scenario = "s.toml";
  run.scenarioHash = run.digest = std::string(32, 'b');
  run.seed = 7;
  result.warnings = {"a warning"};
  return result;
}

Json schemaOf(const std::string& file) {
  std::ifstream in(std::string(OVERCOMMIT_SOURCE_DIR) + "/docs/reference/" + file);
  return Json::parse(in);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

Json readJson(const std::string& text) { return Json::parse(text); }

// Every text as long and as odd as may be.
LabResult monstrous() {
  LabResult result = sample();
  for (int i = 0; i < 200; ++i) {
    CheckResult check = checkOf("9." + std::to_string(i), CheckStatus::Failed, 0, 1000);
    check.got = std::string(100'000, '\xe9') + "\x01\x1b[31m";
    check.expected.clear();
    for (int j = 0; j < 20'000; ++j) check.expected += "ä";
    result.checks.push_back(check);
  }
  return result;
}

}  // namespace

class ResultWritersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void plainResultFollowsItsSchema() {
    for (const LabResult& result : {sample(), monstrous(), LabResult()}) {
      const auto mistakes = schemaMistakes(readJson(labJson(result)), schemaOf("lab-result.schema.json"));
      QVERIFY2(mistakes.empty(), joined(mistakes).c_str());
    }
  }

  // autograder_samples, docs/specs.md
  void gradescopeGetsWhatItDocuments() {
    static const std::set<std::string> kWhole{
        "score",      "execution_time",    "output",     "output_format", "test_output_format", "test_name_format",
        "visibility", "stdout_visibility", "extra_data", "tests",         "leaderboard"};
    static const std::set<std::string> kTest{"score",  "max_score",     "status", "name",       "name_format", "number",
                                             "output", "output_format", "tags",   "visibility", "extra_data"};
    static const std::set<std::string> kVisible{"visible", "hidden", "after_due_date", "after_published"},
        kFormats{"text", "html", "simple_format", "md", "ansi"};
    const Json json = readJson(gradescopeJson(sample()));
    for (const auto& [key, value] : json.items()) QVERIFY2(kWhole.contains(key), key.c_str());
    QCOMPARE(json["score"].get<double>(), 2.833);
    QVERIFY(kVisible.contains(json["visibility"].get<std::string>()) && kFormats.contains(json["output_format"].get<std::string>()));
    QCOMPARE(json["tests"].size(), std::size_t{5});
    for (const Json& test : json["tests"]) {
      for (const auto& [key, value] : test.items()) QVERIFY2(kTest.contains(key), key.c_str());
      QVERIFY(test["status"] == "passed" || test["status"] == "failed");
      QVERIFY(kVisible.contains(test["visibility"].get<std::string>()) && kFormats.contains(test["output_format"].get<std::string>()));
      if (test.contains("score")) QVERIFY(test["score"].get<double>() <= test["max_score"].get<double>());
      // What is shown as passed has all its points.
      if (test.contains("score") && test["status"] == "passed") QCOMPARE(test["score"].get<double>(), test["max_score"].get<double>());
    }
    QVERIFY(!json["tests"][4].contains("score"));
    QCOMPARE(json["tests"][2]["visibility"].get<std::string>(), std::string("hidden"));
  }

  // classroom50 wiki, Advanced-Autograding
  void classroomGetsWholeNumbersAndItsIdentity() {
    const Json json = readJson(classroomJson(sample(), {"c", "a", "s", "commit", "release", "review", "2026-01-01T00:00:00Z"}));
    for (const char* key :
         {"schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime", "score", "max-score", "tests"})
      QVERIFY2(json.contains(key), key);
    QCOMPARE(json["schema"].get<std::string>(), std::string("classroom50/result/v1"));
    QVERIFY(json["score"].is_number_integer() && json["max-score"].is_number_integer());
    std::int64_t sum = 0, most = 0;
    for (const Json& test : json["tests"]) {
      QVERIFY(test["test-name"].is_string() && test["passed"].is_boolean());
      QVERIFY(test["score"].is_number_integer() && test["max-score"].is_number_integer());
      QVERIFY(!test["passed"].get<bool>() || test["score"] == test["max-score"]);
      sum += test["score"].get<std::int64_t>();
      most += test["max-score"].get<std::int64_t>();
    }
    QCOMPARE(json["score"].get<std::int64_t>(), sum);
    QCOMPARE(json["max-score"].get<std::int64_t>(), most);
    QCOMPARE(most, std::int64_t{550});
  }

  void junitIsXmlWhoseCountsAgree() {
    for (const LabResult& result : {sample(), monstrous(), LabResult()}) {
      QXmlStreamReader xml(QByteArray::fromStdString(junitXml(result)));
      int cases = 0, failures = 0, skipped = 0, errors = 0;
      QXmlStreamAttributes suite;
      while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        if (xml.name() == QLatin1String("testsuite")) suite = xml.attributes();
        cases += xml.name() == QLatin1String("testcase") ? 1 : 0;
        failures += xml.name() == QLatin1String("failure") ? 1 : 0;
        skipped += xml.name() == QLatin1String("skipped") ? 1 : 0;
        errors += xml.name() == QLatin1String("error") ? 1 : 0;
      }
      QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
      QCOMPARE(suite.value("tests").toInt(), cases);
      QCOMPARE(suite.value("failures").toInt(), failures);
      QCOMPARE(suite.value("skipped").toInt(), skipped);
      QCOMPARE(suite.value("errors").toInt(), errors);
    }
  }

  void gradingThatFoundNothingIsAnErrorForJunit() { QVERIFY(junitXml(LabResult()).find("<error ") != std::string::npos); }

  void noFileIsLargerThanPlatformsTake() {
    const LabResult result = monstrous();
    QVERIFY(labJson(result).size() <= kLargestResultFile);
    QVERIFY(gradescopeJson(result).size() <= kLargestResultFile);
    QVERIFY(classroomJson(result, {}).size() <= kLargestResultFile);
    QVERIFY(junitXml(result).size() <= kLargestResultFile);
  }

  void textHasSummaryTableAndABlockForEachFailure() {
    const QString text = QString::fromStdString(labText(sample(), "overcommit grade 1 --submission d", Colours::Off));
    const QStringList lines = text.split('\n');
    QCOMPARE(lines[0], QString("Lab 1, Sample: 2.833 of 5.5 points, 1 of 5 checks passed; a person gives up to 3 more"));
    QVERIFY(!text.contains('\x1b'));
    for (const char* part : {"looked at", "expected", "got", "step by step", "why it matters", "usual cause", "hint",
                             "overcommit grade 1 --submission d --open 1.2"})
      QVERIFY2(text.contains(part), part);
    QVERIFY2(!text.contains("--open 1.1"), "what passed needs no explanation");
    QVERIFY2(!text.contains("--open 1.3"), "what is hidden is not explained");
    QVERIFY(text.contains("its result is hidden"));
    QVERIFY(text.contains("warning: a warning"));
    QVERIFY(labText(sample(), "", Colours::On).find("\033[31m") != std::string::npos);
  }

  void whatStudentsWriteCannotSteerATerminal() {
    LabResult result = sample();
    result.student = "\033[2J\r";
    result.checks[1].got = "\033]0;x\a";
    const std::string text = labText(result, "", Colours::Off);
    QVERIFY(text.find('\033') == std::string::npos && text.find('\r') == std::string::npos && text.find('\a') == std::string::npos);
  }

  void nothingDoneIsNoPass() {
    LabResult result;
    result.complete = true;
    QVERIFY(!result.passed());
    result.checks = {checkOf("1", CheckStatus::Manual, 0, 1)};
    QVERIFY2(!result.passed(), "a text that nobody read yet is no pass by itself");
    result.checks = {checkOf("1", CheckStatus::Passed, 1, 1)};
    QVERIFY(result.passed());
    result.complete = false;
    QVERIFY(!result.passed());
  }

  void optionalChecksDoNotDecide() {
    LabResult result = sample();
    result.checks = {checkOf("1", CheckStatus::Passed, 1, 1), checkOf("2", CheckStatus::Failed, 0, 1)};
    QVERIFY(!result.passed());
    result.checks[1].mandatory = false;
    QVERIFY(result.passed());
  }
};

OVERCOMMIT_TEST(ResultWritersTest)
#include "result_writers_test.moc"

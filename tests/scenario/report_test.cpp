// SPDX-License-Identifier: GPL-2.0-or-later
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scenario/csv_report.h"
#include "scenario/json_report.h"
#include "scenario/run_support.h"
#include "scenario/text_report.h"
#include "support/json_schema.h"
#include "support/test.h"

using namespace overcommit;
using overcommit::test::Json;
using overcommit::test::schemaMistakes;
using overcommit::test::TestRun;

namespace {

// A guest, a script that is powered off, and a guest that crashes; expectations of every kind.
const std::string kRun = R"(title = "A run for reports"
seed = 3
duration = "2s"
[host]
memory = "24 MiB"
represents = "48 MiB"
[disk]
service_time = "200us"
[[vm]]
name = "guest"
memory = "16 MiB"
program = "toucher"
args = { working_set = "8 MiB" }
[[vm]]
name = "played"
memory = "16 MiB"
limit = "12 MiB"
generator = "uniform"
ops = 200
[[vm]]
name = "a-name-with-31-characters-in-it"
memory = "16 MiB"
kernel = "guests/prebuilt/hostile/null_pointer.elf"
[[expect]]
metric = "host.swap_outs"
min = 1
[[expect]]
metric = "vm.guest.private"
at = "always"
min = "64 MiB"
[[expect]]
metric = "vm.guest.latency_p95"
at = "1s"
max = "10s"
[[expect]]
metric = "host.overcommit"
at = "ever"
min = 1000
)";

Json schema() {
  std::ifstream file(std::string(OVERCOMMIT_SOURCE_DIR) + "/docs/reference/run-result.schema.json");
  return Json::parse(file, nullptr, false);
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t charactersOf(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

}  // namespace

class ReportTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    TestRun test(kRun);
    snapshot_ = test.all();
    QCOMPARE(test.error, std::string());
  }

  void jsonFollowsItsSchema() {
    const Json result = Json::parse(jsonReport(snapshot_), nullptr, false);
    QVERIFY(!result.is_discarded());
    const Json wanted = schema();
    QVERIFY(!wanted.is_discarded());
    for (const std::string& mistake : schemaMistakes(result, wanted)) QFAIL(mistake.c_str());
  }

  void theSchemaCheckerFindsWhatIsWrong() {
    Json result = Json::parse(jsonReport(snapshot_), nullptr, false);
    const Json wanted = schema();
    Json broken = result;
    broken.erase("digest");
    QCOMPARE(schemaMistakes(broken, wanted).size(), std::size_t{1});
    broken = result;
    broken["vms"][0]["state"] = "asleep";
    QCOMPARE(schemaMistakes(broken, wanted).size(), std::size_t{1});
    broken = result;
    broken["host"]["figures"]["free"] = "much";
    QCOMPARE(schemaMistakes(broken, wanted).size(), std::size_t{1});
    broken = result;
    broken["news"] = 1;
    QCOMPARE(schemaMistakes(broken, wanted).size(), std::size_t{1});
  }

  void jsonTellsWhatTheRunWas() {
    const Json result = Json::parse(jsonReport(snapshot_), nullptr, false);
    QCOMPARE(result["title"].get<std::string>(), std::string("A run for reports"));
    QCOMPARE(result["seed"].get<int>(), 3);
    QCOMPARE(result["digest"].get<std::string>(), snapshot_.digest.text());
    QCOMPARE(result["exit_code"].get<int>(), 5);
    QCOMPARE(result["backend"].get<std::string>(), std::string("unicorn"));
    QCOMPARE(result["inputs"].size(), std::size_t{2});
    QCOMPARE(result["vms"].size(), std::size_t{3});
    QCOMPARE(result["vms"][1]["runs"].get<std::string>(), std::string("script uniform"));
    QCOMPARE(result["vms"][1]["state"].get<std::string>(), std::string("off"));
    QCOMPARE(result["vms"][1]["limit_bytes"].get<int>(), 12 << 20);
    QVERIFY(result["vms"][0]["limit_bytes"].is_null());
    QVERIFY(result["vms"][0]["crash"].is_null());
    QVERIFY(result["vms"][2]["crash"].is_string());
    QVERIFY(result["vms"][0]["guest"]["user"].get<std::uint64_t>() >= 8u << 20);
    QCOMPARE(result["expectations"][0]["holds"].get<bool>(), true);
    QCOMPARE(result["expectations"][1]["holds"].get<bool>(), false);
    QCOMPARE(result["expectations"][2]["time_ns"].get<std::uint64_t>(), std::uint64_t{1'000'000'000});
  }

  void everyMetricIsInTheJson() {
    const Json result = Json::parse(jsonReport(snapshot_), nullptr, false);
    QCOMPARE(result["host"]["figures"].size(), hostMetrics().size());
    const Json& vm = result["vms"][0];
    QCOMPARE(vm["figures"].size() + vm["time_ns"].size() + vm["latency_ns"].size() + vm["guest"].size(), vmMetrics().size());
  }

  void theTimeAccountAddsUpToTheTimeElapsed() {
    const Json result = Json::parse(jsonReport(snapshot_), nullptr, false);
    for (const Json& vm : result["vms"]) {
      std::uint64_t sum = 0;
      for (const auto& [use, time] : vm["time_ns"].items()) sum += time.get<std::uint64_t>();
      QCOMPARE(sum, vm["figures"]["elapsed"].get<std::uint64_t>());
    }
  }

  void equalRunsGiveEqualBytes() {
    TestRun again(kRun);
    const RunSnapshot other = again.all();
    QCOMPARE(jsonReport(other), jsonReport(snapshot_));
    QCOMPARE(textReport(other), textReport(snapshot_));
  }

  void textOfAGuestThatIsNotUtf8IsReplacedInJson() {
    RunSnapshot run = snapshot_;
    run.vms[2].crash = "panic: \xff\xfe";
    const Json result = Json::parse(jsonReport(run), nullptr, false);
    QVERIFY(!result.is_discarded());
    QCOMPARE(result["vms"][2]["crash"].get<std::string>(), std::string("panic: \xef\xbf\xbd\xef\xbf\xbd"));
  }

  void csvHasAColumnForEveryMetricAndALineForEverySecond() {
    TestRun test(kRun);
    QVERIFY(test.start());
    std::string text;
    CsvReport csv(test.run->host(), milliseconds(500), [&](std::string_view line) { text += line; });
    test.run->addObserver(csv);
    QVERIFY(test.advance(seconds(2)));
    const auto lines = linesOf(text);
    QCOMPARE(lines.size(), std::size_t{5});
    const std::size_t columns = 1 + hostMetrics().size() + 3 * vmMetrics().size();
    for (const std::string& line : lines) QCOMPARE(static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1, columns);
    QVERIFY(lines[0].starts_with("time_ns,host.memory,host.free,"));
    QVERIFY(lines[0].find(",vm.played.swapped,") != std::string::npos);
    QVERIFY(lines[1].starts_with("500000000,25165824,"));
    QVERIFY(lines[4].starts_with("2000000000,"));
  }

  void samplingDoesNotChangeTheRun() {
    TestRun test(kRun);
    QVERIFY(test.start());
    CsvReport csv(test.run->host(), milliseconds(10), [](std::string_view) {});
    test.run->addObserver(csv);
    QVERIFY(test.advance(seconds(2)));
    QCOMPARE(test.finish().digest.text(), snapshot_.digest.text());
  }

  void textFitsItsWidth() {
    RunSnapshot run = snapshot_;
    run.config.title = "A title " + std::string(300, 'x');
    run.vms[2].crash = "a reason that goes on and on, " + std::string(200, 'y') + " \xc3\xa4\xc3\xb6\xc3\xbc and on";
    for (const std::string& line : linesOf(textReport(run))) QVERIFY2(charactersOf(line) <= kReportWidth, line.c_str());
  }

  void textTellsWhereTheMemoryWent() {
    const std::string text = textReport(snapshot_);
    QVERIFY2(text.starts_with("A run for reports\n"), text.c_str());
    QVERIFY(
        text.find("\nMemory              memory   private    shared   balloon    zipped   swapped  untouched  operations        p95\n") !=
        std::string::npos);
    QVERIFY(text.find("\nguest               16 MiB ") != std::string::npos);
    QVERIFY(text.find("\na-name-with-31~     16 MiB ") != std::string::npos);
    QVERIFY(text.find("\nall VMs             48 MiB ") != std::string::npos);
    QVERIFY(text.find("\nHost: 24 MiB (stands for 48 MiB) for VMs of 16 MiB") != std::string::npos);
    QVERIFY(text.find("\n  holds  host.swap_outs: at least 1 at the end; got ") != std::string::npos);
    QVERIFY(text.find("\n  FAILS  vm.guest.private: always at least 64 MiB; got ") != std::string::npos);
    QVERIFY(text.find("\na-name-with-31-characters-in-it was stopped: ") != std::string::npos);
  }

  void textOfManyVmsIsCut() {
    RunSnapshot run = snapshot_;
    while (run.vms.size() < 100) run.vms.push_back(run.vms.front());
    QVERIFY(textReport(run).find("\n... and 36 more VMs\n") != std::string::npos);
  }

 private:
  RunSnapshot snapshot_;
};

OVERCOMMIT_TEST(ReportTest)
#include "report_test.moc"

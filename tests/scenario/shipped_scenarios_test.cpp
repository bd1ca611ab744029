// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>
#include <fstream>
#include <map>

#include "base/units.h"
#include "scenario/csv_report.h"
#include "scenario/json_report.h"
#include "scenario/programs.h"
#include "scenario/run_support.h"
#include "scenario/text_report.h"
#include "support/test.h"
#include "trace/trace_output.h"
#include "trace/trace_writer.h"

using namespace overcommit;
using overcommit::test::TestRun;

namespace {

namespace fs = std::filesystem;

const fs::path kShipped = fs::path(OVERCOMMIT_SOURCE_DIR) / "labs/scenarios";
const fs::path kGolden = fs::path(OVERCOMMIT_SOURCE_DIR) / "tests/scenario/golden_digests.txt";
constexpr const char* kHowToUpdate =
    "the digest differs from the one in tests/scenario/golden_digests.txt. If the change is meant, run the tests of shipped_scenarios_test "
    "with "
    "OVERCOMMIT_UPDATE_GOLDEN=1 and commit the file with the reason";

bool isSweep(const fs::path& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line == "[vary]") return true;
  }
  return false;
}

std::map<std::string, fs::path> shipped() {
  std::map<std::string, fs::path> scenarios;
  for (const auto& entry : fs::directory_iterator(kShipped)) {
    // Sweeps are tested by tests/cli/shipped_sweeps_test.cpp.
    if (entry.path().extension() == ".toml" && !isSweep(entry.path())) scenarios.emplace(entry.path().stem().string(), entry.path());
  }
  return scenarios;
}

// "name digest" lines; # begins a comment.
std::map<std::string, std::string> readGolden() {
  std::map<std::string, std::string> golden;
  std::ifstream file(kGolden);
  for (std::string line; std::getline(file, line);) {
    const std::size_t blank = line.find(' ');
    if (!line.empty() && line[0] != '#' && blank != std::string::npos) golden[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return golden;
}

void writeGolden(const std::map<std::string, std::string>& golden) {
  std::ofstream file(kGolden);
  file << "# The run digest of every scenario in labs/scenarios, with the reference guest. Written by shipped_scenarios_test when\n"
          "# OVERCOMMIT_UPDATE_GOLDEN=1 is set. A digest that changes means that runs changed: say why in the commit.\n";
  for (const auto& [name, digest] : golden) file << name << ' ' << digest << '\n';
}

bool updating() { return qEnvironmentVariable("OVERCOMMIT_UPDATE_GOLDEN") == QStringLiteral("1"); }

}  // namespace

class ShippedScenariosTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { golden_ = readGolden(); }
  void cleanupTestCase() {
    if (!updating()) return;
    // What ran is brought up to date; scenarios that are gone are forgotten.
    const auto scenarios = shipped();
    std::erase_if(golden_, [&](const auto& entry) { return !scenarios.contains(entry.first); });
    writeGolden(golden_);
  }

  // Under audit, which checks the two laws after every event.
  void expectationsHoldAndTheDigestIsTheGoldenOne_data() {
    QTest::addColumn<QString>("path");
    for (const auto& [name, path] : shipped()) QTest::newRow(name.c_str()) << QString::fromStdString(path.string());
  }
  void expectationsHoldAndTheDigestIsTheGoldenOne() {
    QFETCH(QString, path);
    const fs::path file = path.toStdString();
    TestRun test(loadScenario(file));
    test.recording = false;
    VERIFY_OK(test.scenario);
    QVERIFY2(!test.scenario->expectations.empty(), "a scenario that expects nothing proves nothing");
    test.scenario->config.audit = true;
    const RunSnapshot run = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY2(run.exitCode() == kExitWell, textReport(run).c_str());
    const std::string name = file.stem().string();
    if (updating()) golden_[name] = run.digest.text();
    if (golden_[name] != run.digest.text()) qWarning("%s is %s: %s", name.c_str(), run.digest.text().c_str(), kHowToUpdate);
    QCOMPARE(run.digest.text(), golden_[name]);
  }

  void traceAndReportsDoNotChangeTheDigest_data() {
    QTest::addColumn<QString>("path");
    for (const char* name : {"idle", "boot-zero", "scripts-only", "a-limit-bites"})
      QTest::newRow(name) << QString::fromStdString((kShipped / (std::string(name) + ".toml")).string());
  }
  void traceAndReportsDoNotChangeTheDigest() {
    QFETCH(QString, path);
    const fs::path file = path.toStdString();
    TestRun test(loadScenario(file));
    VERIFY_OK(test.scenario);
    auto created = ScenarioRun::create(*test.scenario, overcommit::test::surroundings(test.folder), test.log);
    VERIFY_OK(created);
    test.run = std::move(*created);
    auto writer = TraceWriter::create(fs::path(test.folder.path().toStdString()) / "run.octrace",
                                      test.run->host().traceHeader(test.scenario->text, file.filename().string()));
    VERIFY_OK(writer);
    test.log.addListener(**writer);
    const auto started = test.run->start();
    VERIFY_OK(started);
    std::size_t csvBytes = 0;
    CsvReport csv(test.run->host(), seconds(1), [&](std::string_view line) { csvBytes += line.size(); });
    test.run->addObserver(csv);
    QVERIFY(test.advance(test.scenario->config.duration));
    const RunSnapshot run = test.finish();
    (*writer)->finish(run.digest);
    QVERIFY(!(*writer)->error());
    QVERIFY(csvBytes > 0 && !jsonReport(run).empty());
    QCOMPARE(run.digest.text(), golden_[file.stem().string()]);
  }

  void everyProgramHasAScenario() {
    const auto scenarios = shipped();
    for (const ProgramInfo& program : guestPrograms()) QVERIFY2(scenarios.contains(std::string(program.name)), program.name.data());
  }

  void goldenDigestsNameNoScenarioThatIsGone() {
    const auto scenarios = shipped();
    for (const auto& [name, digest] : golden_) QVERIFY2(scenarios.contains(name), name.c_str());
  }

 private:
  std::map<std::string, std::string> golden_;
};

OVERCOMMIT_TEST(ShippedScenariosTest)
#include "shipped_scenarios_test.moc"

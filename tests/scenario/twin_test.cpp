// SPDX-License-Identifier: GPL-2.0-or-later
// Every technique with a small guest on both backends: what the guest sees of its memory is the same.
#include "scenario/twin_run.h"

#include <filesystem>
#include <set>

#include "base/processor.h"
#include "machine/fake_kernel.h"
#include "scenario/run_support.h"
#include "scenario/text_report.h"
#include "support/script_scenario.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

namespace fs = std::filesystem;

std::map<std::string, fs::path> scenariosForKvm() {
  std::map<std::string, fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(OVERCOMMIT_SOURCE_DIR) / "labs/scenarios")) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("kvm-") && entry.path().extension() == ".toml") found.emplace(name, entry.path());
  }
  return found;
}

// The emulator goes on with code that it has translated until the next exit although its page was sampled or taken away, so that page is
// missed later than on KVM, or not at all.
const std::set<std::string> kCodePagesAreTakenAway{"kvm-swapping", "kvm-compression", "kvm-large-pages"};

Result<TwinReport> runTwins(const Scenario& scenario, const HostSurroundings& surroundings, std::array<Backend, 2> backends) {
  auto twin = TwinRun::start(scenario, surroundings, backends);
  if (!twin) return tl::unexpected(twin.error());
  for (;;) {
    const auto advanced = (*twin)->advance();
    if (!advanced) return tl::unexpected(advanced.error());
    if (!*advanced) return (*twin)->finish();
  }
}

}  // namespace

class TwinTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyTechniqueHasAScenario() {
    const auto scenarios = scenariosForKvm();
    for (const char* technique : {"sharing", "ballooning", "compression", "swapping", "large-pages", "first-touches"})
      QVERIFY2(scenarios.contains(std::string("kvm-") + technique), technique);
  }

  void guestsSeeTheSameMemoryOnBothBackends_data() {
    QTest::addColumn<QString>("path");
    for (const auto& [name, path] : scenariosForKvm()) QTest::newRow(name.c_str()) << QString::fromStdString(path.string());
  }
  void guestsSeeTheSameMemoryOnBothBackends() {
    const auto kvm = createKvmBackend(systemCalls(), {});
    if (!kvm) QSKIP(kvm.error().text.c_str());
    QFETCH(QString, path);
    const fs::path file = path.toStdString();
    auto scenario = loadScenario(file);
    VERIFY_OK(scenario);
    scenario->config.audit = true;
    const QTemporaryDir folder;
    const auto report = runTwins(*scenario, surroundings(folder), {Backend::Unicorn, Backend::Kvm});
    VERIFY_OK(report);
    QVERIFY(report->runs[0].engine.starts_with("unicorn"));
    QCOMPARE(report->runs[1].engine, std::string("kvm"));
    QCOMPARE(report->memories.size(), scenario->config.vms.size());
    for (const MemoryComparison& memory : report->memories)
      QVERIFY2(memory.verdict == MemoryComparison::Verdict::Equal, (memory.vm + ": " + memory.text).c_str());
    // The technique was at work on both.
    for (const RunSnapshot& run : report->runs) QVERIFY2(run.exitCode() == kExitWell, textReport(run).c_str());
    if (kCodePagesAreTakenAway.contains(file.stem().string())) {
      QCOMPARE(report->digestsEqual(), !report->events.has_value());
      return;
    }
    const std::string first = report->events ? report->events->lines[0] + report->events->lines[1] : "";
    QVERIFY2(report->digestsEqual(), first.c_str());
    QVERIFY(!report->events);
  }

  void twinsWithoutACpuAreEqual() {
    const auto scenario = parseScenario(scriptScenario({}, "500ms"), "test.toml", OVERCOMMIT_SOURCE_DIR);
    VERIFY_OK(scenario);
    const QTemporaryDir folder;
    const auto report = runTwins(*scenario, surroundings(folder), {Backend::Script, Backend::Kvm});
    VERIFY_OK(report);
    QVERIFY(report->equal());
    QVERIFY(!report->events);
    QCOMPARE(report->memories.size(), std::size_t{2});
  }

  void firstDifferenceIsNamedWithBothEvents() {
    // In one of the runs somebody sets a limit after the first quantum.
    const auto scenario = parseScenario(scriptScenario({}, "500ms"), "test.toml", OVERCOMMIT_SOURCE_DIR);
    VERIFY_OK(scenario);
    const QTemporaryDir folder;
    auto twin = TwinRun::start(*scenario, surroundings(folder), {Backend::Script, Backend::Script});
    VERIFY_OK(twin);
    const auto advanced = (*twin)->advance();
    VERIFY_OK(advanced);
    QVERIFY(*advanced);
    const auto changed = (*twin)->run(1).change({(*twin)->run(1).now(), std::size_t{0}, SetAction{"limit", 256}});
    VERIFY_OK(changed);
    for (;;) {
      const auto more = (*twin)->advance();
      VERIFY_OK(more);
      if (!*more) break;
    }
    const TwinReport report = (*twin)->finish();
    QVERIFY(!report.equal());
    QVERIFY(!report.digestsEqual());
    QVERIFY(report.events.has_value());
    QVERIFY2(report.events->lines[1].find("limit = 256") != std::string::npos, report.events->lines[1].c_str());
    QVERIFY(report.events->lines[0] != report.events->lines[1]);
    QVERIFY(report.events->number > 1);
  }

  void withoutKvmTheErrorSaysSo() {
    const auto scenario = loadScenario(scenariosForKvm().at("kvm-first-touches"));
    VERIFY_OK(scenario);
    NoKvm kernel;
    const QTemporaryDir folder;
    HostSurroundings where = surroundings(folder);
    where.kernel = &kernel;
    const auto twin = TwinRun::start(*scenario, where, {Backend::Unicorn, Backend::Kvm});
    QVERIFY(!twin);
    QVERIFY(backendUnavailable(twin.error()));
    const std::string says = kRunsGuestCode ? "cannot open /dev/kvm: no such file or directory; load the module"
                                            : "left out of this build: KVM runs the x86-64 guests on x86-64 processors only";
    QVERIFY2(twin.error().text.find(says) != std::string::npos, twin.error().text.c_str());
  }
};

OVERCOMMIT_TEST(TwinTest)
#include "twin_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/scenario_run.h"

#include "machine/fake_kernel.h"
#include "scenario/run_support.h"
#include "support/test.h"

using namespace overcommit;
using overcommit::test::TestRun;

namespace {

// Two VMs without a CPU on a host for one and a half: fast, and it swaps.
const std::string kTwo = R"(duration = "2s"
[host]
memory = "12 MiB"
[disk]
service_time = "200us"
[[vm]]
name = "a"
memory = "8 MiB"
generator = "uniform"
args = { work = "2ms" }
[[vm]]
name = "b"
memory = "8 MiB"
generator = "zipf"
args = { work = "2ms" }
)";

// A guest with a CPU that has no reason to end.
const std::string kGuest = R"([host]
memory = "32 MiB"
[[vm]]
name = "g"
memory = "16 MiB"
program = "idle"
image = "x"
args = { files = "1 MiB", working_set = "1 MiB" }
)";

std::string hostile(const std::string& name) {
  return "duration = \"1s\"\n" + kGuest + "[[vm]]\nname = \"bad\"\nmemory = \"16 MiB\"\nkernel = \"guests/prebuilt/hostile/" + name +
         ".elf\"\n";
}

class QuantumCounter final : public RunObserver {
 public:
  void onQuantum(const Host& host) override {
    ++quanta;
    last = host.now();
  }
  int quanta = 0;
  VirtualTime last;
};

}  // namespace

class ScenarioRunTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aMachineWithOtherPagesIsRefused() {
    const auto scenario = parseScenario(kTwo, "two.toml", OVERCOMMIT_SOURCE_DIR);
    VERIFY_OK(scenario);
    const QTemporaryDir folder;
    HostSurroundings where = test::surroundings(folder);
    where.pageSize = Bytes(16384);
    EventLog log;
    const auto run = ScenarioRun::create(*scenario, where, log);
    QVERIFY(!run);
    QVERIFY2(backendUnavailable(run.error()), run.error().text.c_str());
    QVERIFY2(run.error().text.find("pages of 16 KiB") != std::string::npos, run.error().text.c_str());
  }

  void runsToItsDurationAndIsWell() {
    TestRun test(kTwo);
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY(snapshot.ending == RunEnding::Duration);
    QCOMPARE(snapshot.exitCode(), kExitWell);
    QVERIFY(snapshot.virtualTime >= seconds(2));
    QVERIFY(snapshot.virtualTime < seconds(2) + snapshot.quantum);
    QVERIFY(snapshot.hostFigure("swap_outs") > 0);
  }

  void howOftenOneStopsToLookChangesNothing() {
    TestRun whole(kTwo);
    const RunSnapshot once = whole.all();
    TestRun pieces(kTwo);
    QVERIFY(pieces.start());
    for (std::uint64_t t = 1; t <= 40; ++t) QVERIFY(pieces.advance(microseconds(50'007 * t)));
    const RunSnapshot often = pieces.finish();
    QVERIFY(pieces.log.recorded() > 1000);
    QCOMPARE(often.digest.text(), once.digest.text());
    QCOMPARE(often.hostFigures, once.hostFigures);
  }

  void lookingThroughIdleTimeChangesNothing() {
    const std::string text = "duration = \"3s\"\n" + kGuest;
    TestRun whole(text);
    const RunSnapshot once = whole.all();
    QCOMPARE(whole.error, std::string());
    TestRun pieces(text);
    QVERIFY(pieces.start());
    for (std::uint64_t t = 1; t <= 100; ++t) QVERIFY(pieces.advance(milliseconds(30 * t)));
    QCOMPARE(pieces.finish().digest.text(), once.digest.text());
  }

  void anotherSeedGivesAnotherRun() {
    TestRun one(kTwo);
    TestRun other("seed = 2\n" + kTwo);
    QVERIFY(one.all().digest.text() != other.all().digest.text());
  }

  void marksAndActionsComeInTheOrderOfTime() {
    TestRun test(kTwo +
                 "[[mark]]\ntime = \"1500ms\"\ntext = \"late\"\n[[mark]]\ntime = \"500ms\"\ntext = \"early\"\n"
                 "[[at]]\ntime = \"1s\"\nvm = \"a\"\nset = { limit = \"4 MiB\" }\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    const auto marks = test.recorder.ofKind(EventKind::Mark);
    QCOMPARE(marks.size(), std::size_t{2});
    QCOMPARE(marks[0].text, std::string("early"));
    QCOMPARE(marks[1].text, std::string("late"));
    QVERIFY(marks[0].hostTime >= milliseconds(500) && marks[0].hostTime < milliseconds(500) + snapshot.quantum);
    const auto settings = test.recorder.ofKind(EventKind::SettingChange);
    QCOMPARE(settings.size(), std::size_t{1});
    QVERIFY(settings[0].sequence > marks[0].sequence && settings[0].sequence < marks[1].sequence);
    QCOMPARE(snapshot.vmFigure(snapshot.vms[0], "limit"), std::uint64_t{4u << 20});
  }

  void anExpectationAtATimeSeesTheStateBeforeTheActionsOfThatTime() {
    TestRun test(kTwo +
                 "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"power_off\"\n"
                 "[[expect]]\nmetric = \"vm.a.on\"\nat = \"1s\"\nmin = 1\n[[expect]]\nmetric = \"vm.a.on\"\nat = \"end\"\nmax = 0\n");
    QCOMPARE(test.all().exitCode(), kExitWell);
    QCOMPARE(test.error, std::string());
  }

  void aFailedExpectationIsExitOneAndIsRecorded() {
    TestRun test(kTwo +
                 "[[expect]]\nmetric = \"host.swap_outs\"\nmax = 0\n[[expect]]\nmetric = \"host.swap_outs\"\nat = \"ever\"\nmin = 1\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(snapshot.exitCode(), kExitExpectationFailed);
    QVERIFY(!snapshot.expectations[0].second.holds());
    QVERIFY(snapshot.expectations[1].second.holds());
    const auto judged = test.recorder.ofKind(EventKind::Expectation);
    QCOMPARE(judged.size(), std::size_t{2});
    QCOMPARE(judged[0].values[0], std::uint64_t{1});  // "ever" is decided first
    QCOMPARE(judged[1].values[0], std::uint64_t{0});
    QCOMPARE(judged[1].text, std::string("host.swap_outs: at most 0 at the end"));
  }

  void aReachedLimitEndsTheRunWithExitFour() {
    TestRun test(kTwo + "[limits]\noperations = 100\n[[expect]]\nmetric = \"host.operations\"\nat = \"2s\"\nmin = 1\n");
    const RunSnapshot snapshot = test.all();
    QVERIFY(snapshot.ending == RunEnding::Limit);
    QCOMPARE(snapshot.exitCode(), kExitLimitReached);
    QVERIFY(snapshot.limit.has_value());
    QVERIFY(snapshot.virtualTime < seconds(2));
    QVERIFY(snapshot.hostFigure("operations") >= 100);
    QVERIFY(snapshot.expectations[0].second.outcome == Verdict::Outcome::NotReached);
  }

  void aRunEndsWhenAllVmsAreOff() {
    TestRun test(
        "duration = \"1h\"\n[host]\nmemory = \"8 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"4 MiB\"\ngenerator = \"uniform\"\nops = 10\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY(snapshot.ending == RunEnding::AllOff);
    QCOMPARE(snapshot.exitCode(), kExitWell);
    QCOMPARE(snapshot.vms[0].state, std::string("off"));
    QCOMPARE(snapshot.vmFigure(snapshot.vms[0], "operations"), std::uint64_t{10});
    QVERIFY(snapshot.virtualTime < seconds(10));
  }

  void aVmThatIsYetToBePoweredOnKeepsTheRunGoing() {
    TestRun test(
        "duration = \"10s\"\n[host]\nmemory = \"8 MiB\"\n[[vm]]\nname = \"a\"\nmemory = \"4 MiB\"\nstart = \"never\"\ngenerator = "
        "\"uniform\"\nops = 10\n"
        "[[at]]\ntime = \"5s\"\nvm = \"a\"\naction = \"power_on\"\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY(snapshot.ending == RunEnding::AllOff);
    QVERIFY(snapshot.virtualTime > seconds(5));
    QCOMPARE(snapshot.vmFigure(snapshot.vms[0], "operations"), std::uint64_t{10});
  }

  void aRefusedActionEndsTheRunAsAUsageError() {
    TestRun test(kTwo + "[[at]]\ntime = \"1s\"\nvm = \"b\"\naction = \"power_on\"\n");
    QVERIFY(test.start());
    QVERIFY(!test.advance(seconds(2)));
    QCOMPARE(test.error, std::string("test.toml: the action at 1 s on b failed: b is on already"));
    QCOMPARE(test.finish().exitCode(), kExitUsage);
  }

  void anActionThatMayFailIsRecordedAndTheRunGoesOn() {
    TestRun test(kTwo + "[[at]]\ntime = \"1s\"\nvm = \"b\"\naction = \"power_on\"\nmay_fail = true\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY(snapshot.ending == RunEnding::Duration);
    const auto faults = test.recorder.ofKind(EventKind::Fault);
    QCOMPARE(faults.size(), std::size_t{1});
    QCOMPARE(faults[0].text, std::string("b is on already"));
    QCOMPARE(faults[0].hostTime, seconds(1));
  }

  // The instant of a change by hand is that of an action of the file: after those that the file has for it.
  void aChangeByHandIsTheActionThatItIsSavedAs() {
    const std::string halved = kTwo + "[[at]]\ntime = \"500ms\"\nvm = \"a\"\nset = { limit = \"4 MiB\" }\n";
    TestRun byHand(halved);
    QVERIFY(byHand.start() && byHand.advance(milliseconds(500)));
    VERIFY_OK(byHand.run->change({byHand.run->now(), 0, SetAction{"limit", 1536}}));
    VERIFY_OK(byHand.run->change({seconds(1), 1, PowerOffAction{}}));
    QVERIFY(!byHand.run->change({milliseconds(100), 1, PowerOffAction{}}));
    QCOMPARE(byHand.run->changes().size(), std::size_t{2});
    QVERIFY(byHand.advance(seconds(2)));
    const Digest digest = byHand.finish().digest;
    TestRun saved(halved + "[[at]]\ntime = \"500ms\"\nvm = \"a\"\nset = { limit = \"6 MiB\" }\n" +
                  "[[at]]\ntime = \"1s\"\nvm = \"b\"\naction = \"power_off\"\n");
    QCOMPARE(saved.all().digest.text(), digest.text());
    QCOMPARE(byHand.recorder.ofKind(EventKind::Change).size(), std::size_t{2});
  }

  void aCrashedGuestIsExitFiveAndTheOthersGoOn() {
    TestRun test(hostile("null_pointer"));
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QVERIFY(snapshot.ending == RunEnding::Duration);
    QCOMPARE(snapshot.exitCode(), kExitGuestCrashed);
    QVERIFY(!snapshot.vms[0].crash);
    QVERIFY(snapshot.vms[1].crash.has_value());
    QCOMPARE(snapshot.vms[1].state, std::string("crashed"));
    QVERIFY(snapshot.vmFigure(snapshot.vms[0], "operations") > 0);
  }

  void aCrashThatTheScenarioExpectsIsNoFailure() {
    TestRun expected(hostile("null_pointer") + "[[expect]]\nmetric = \"vm.bad.crashed\"\nmin = 1\n");
    const RunSnapshot snapshot = expected.all();
    QVERIFY(snapshot.vms[1].crash.has_value());
    QCOMPARE(snapshot.exitCode(), kExitWell);
    TestRun otherVm(hostile("null_pointer") + "[[expect]]\nmetric = \"host.vms_crashed\"\nmin = 1\n");
    QCOMPARE(otherVm.all().exitCode(), kExitGuestCrashed);
  }

  void aKernelOfOnesOwnRunsTheProgramOfTheReferenceGuest() {
    TestRun test(
        "duration = \"1s\"\n[host]\nmemory = \"32 MiB\"\n[[vm]]\nname = \"own\"\nmemory = \"16 MiB\"\n"
        "kernel = \"guests/prebuilt/overcommit-guest.elf\"\nprogram = \"toucher\"\n[vm.args]\nworking_set = \"2 MiB\"\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QCOMPARE(snapshot.exitCode(), kExitWell);
    QCOMPARE(snapshot.vms[0].runs, std::string("overcommit-guest.elf toucher"));
    QVERIFY(snapshot.vmFigure(snapshot.vms[0], "operations") > 0);
  }

  void aHungGuestIsExitFive() {
    TestRun test(hostile("endless_loop") + "[limits]\nwatchdog_blocks = 2000000\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QCOMPARE(snapshot.exitCode(), kExitGuestCrashed);
    QVERIFY2(snapshot.vms[1].crash && snapshot.vms[1].crash->find("hung") != std::string::npos, snapshot.vms[1].crash.value_or("").c_str());
  }

  void withoutAWatchdogAGuestMayComputeForEver() {
    TestRun test(
        "duration = \"50ms\"\n[limits]\nwatchdog_blocks = 0\n[host]\nmemory = \"32 MiB\"\n[[vm]]\nname = \"busy\"\nmemory = \"16 MiB\"\n"
        "kernel = \"guests/prebuilt/hostile/endless_loop.elf\"\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QCOMPARE(snapshot.exitCode(), kExitWell);
    QCOMPARE(snapshot.vms[0].state, std::string("running"));
  }

  void aBrokenSwapDiskStopsTheVmConcernedAlone() {
    TestRun test(kTwo + "[[at]]\ntime = \"1s\"\nvm = \"a\"\naction = \"fault\"\nfault = \"swap_corrupt_slot\"\nfault_count = 0\n");
    const RunSnapshot snapshot = test.all();
    QCOMPARE(test.error, std::string());
    QCOMPARE(snapshot.exitCode(), kExitGuestCrashed);
    QVERIFY(snapshot.vms[0].crash.has_value());
    QVERIFY(!snapshot.vms[1].crash);
  }

  void anAbsentBackendIsToldApart() {
    TestRun test("duration = \"1s\"\n" + kGuest);
    QVERIFY(test.scenario.has_value());
    test.scenario->config.backend = Backend::Kvm;
    EventLog log;
    overcommit::test::NoKvm kernel;
    HostSurroundings surroundings = overcommit::test::surroundings(test.folder);
    surroundings.kernel = &kernel;
    const auto run = ScenarioRun::create(*test.scenario, std::move(surroundings), log);
    QVERIFY(!run);
    QVERIFY(backendUnavailable(run.error()));
  }

  void anAbsentKernelIsAnErrorOfTheRunNotOfTheFile() {
    TestRun test("duration = \"1s\"\n[host]\nmemory = \"32 MiB\"\n[[vm]]\nname = \"k\"\nmemory = \"16 MiB\"\nkernel = \"nowhere.elf\"\n");
    QVERIFY(test.scenario.has_value());
    QVERIFY(!test.start());
    QVERIFY2(test.error.find("nowhere.elf") != std::string::npos, test.error.c_str());
  }

  void observersSeeEveryQuantum() {
    TestRun test(kTwo);
    QVERIFY(test.start());
    QuantumCounter counter;
    test.run->addObserver(counter);
    QVERIFY(test.advance(seconds(2)));
    QVERIFY(counter.quanta > 100);
    QVERIFY(counter.last == test.run->now());
    QVERIFY(test.run->ending() == RunEnding::Duration);
  }

  void stoppingEarlyIsNoFailure() {
    TestRun test(kTwo);
    QVERIFY(test.start());
    QVERIFY(test.advance(seconds(1)));
    const RunSnapshot snapshot = test.finish();
    QVERIFY(snapshot.ending == RunEnding::Stopped);
    QCOMPARE(snapshot.exitCode(), kExitWell);
  }
};

OVERCOMMIT_TEST(ScenarioRunTest)
#include "scenario_run_test.moc"

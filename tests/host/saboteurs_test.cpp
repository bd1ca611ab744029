// SPDX-License-Identifier: GPL-2.0-or-later
// Each saboteur does harm, and each is found: by guests that check their data, by figures that differ, or by the audit.
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "base/saboteur.h"
#include "host/support/overcommitted_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// Three web servers that boot the same image, with balloon drivers: twice as much as there is.
RunConfig threeServers() {
  RunConfig config = hostOf(mebibytes(48));
  config.audit = false;
  config.host.represents = Bytes(4 * kGiB);
  config.host.timeScale = 240;
  config.host.quantum = milliseconds(5);
  config.host.options = {{"ShareForceSalting", 0}};
  config.disk.serviceTime = microseconds(100);
  for (const char* name : {"a", "b", "c"}) {
    config.vms.push_back(vmOf(name, "webserver", mebibytes(32)));
    config.vms.back().balloon = true;
    config.vms.back().guestSwap = mebibytes(32);
  }
  return config;
}

// The web server's pages fill a small compression cache.
RunConfig smallCache() {
  RunConfig config = overcommittedHost(300, 800);
  config.audit = false;
  return config;
}

// The other host gives memory up by its balloons alone.
bool compressingHostShows(Saboteur fault) { return fault == Saboteur::NoFitCheck || fault == Saboteur::StaleWindow; }

struct Harm {
  std::string digest;
  std::uint64_t crashes = 0, stateChanges = 0, evictedYoung = 0;
  std::set<std::uint64_t> states;
  std::string reasons;
};

Harm runSabotaged(Saboteur saboteur, RunConfig config) {
  config.sabotage = saboteur;
  TestHost test(std::move(config));
  test.keep(EventKind::Zip);
  test.keep(EventKind::SwapOut);
  Harm ran;
  if (!test.start()) {
    ran.reasons = test.error();
    return ran;
  }
  (void)test.runUntilOff(seconds(6));
  ran.digest = test.digest();
  ran.crashes = test.count(EventKind::Crash);
  ran.stateChanges = test.count(EventKind::FreeStateChange);
  std::map<std::pair<VmId, Gfn>, VirtualTime> zipped;
  for (const Event& event : test.events()) {
    if (event.kind == EventKind::FreeStateChange) ran.states.insert(event.values[0]);
    if (event.kind == EventKind::Crash) ran.reasons += event.text + "\n";
    if (event.kind == EventKind::Zip) zipped[{event.vm, event.gfn}] = event.vmTime;
    if (event.kind != EventKind::SwapOut || event.values[1] == 0) continue;
    const bool youngest = std::ranges::none_of(zipped, [&](const auto& other) {
      return other.first.first == event.vm && other.second > zipped[{event.vm, event.gfn}];
    });
    if (youngest) ++ran.evictedYoung;
    zipped.erase({event.vm, event.gfn});
  }
  return ran;
}

// In a process of its own, because the audit ends it: the exit code.
int auditedExitCode(Saboteur saboteur, RunConfig config) {
  const pid_t child = ::fork();
  if (child == 0) {
    (void)std::freopen("/dev/null", "w", stderr);
    config.sabotage = saboteur;
    config.audit = true;
    TestHost test(std::move(config));
    if (test.start()) (void)test.runUntilOff(seconds(6));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

class SaboteursTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    servers_ = runSabotaged(Saboteur::None, threeServers());
    QVERIFY2(servers_.crashes == 0 && servers_.digest.size() == 32, servers_.reasons.c_str());
    cache_ = runSabotaged(Saboteur::None, smallCache());
    QVERIFY2(cache_.crashes == 0 && cache_.digest.size() == 32, cache_.reasons.c_str());
  }

  void contentsAreDestroyedAndGuestsNotice_data() {
    QTest::addColumn<int>("saboteur");
    for (const Saboteur saboteur :
         {Saboteur::MissingBreak, Saboteur::HashOnlyMatch, Saboteur::UnpinnedBalloon, Saboteur::NoFitCheck, Saboteur::StaleWindow})
      QTest::addRow("%s", std::string(nameOf(saboteur)).c_str()) << static_cast<int>(saboteur);
  }
  void contentsAreDestroyedAndGuestsNotice() {
    QFETCH(const int, saboteur);
    const auto fault = static_cast<Saboteur>(saboteur);
    const bool compressing = compressingHostShows(fault);
    const Harm ran = runSabotaged(fault, compressing ? smallCache() : threeServers());
    QVERIFY2(ran.crashes > 0, "a guest checks its data");
    QVERIFY(ran.digest != (compressing ? cache_ : servers_).digest);
  }

  void theAuditFindsWindowsThatShowWhatTheyMustNot_data() {
    QTest::addColumn<int>("saboteur");
    for (const Saboteur saboteur : {Saboteur::MissingBreak, Saboteur::StaleWindow})
      QTest::addRow("%s", std::string(nameOf(saboteur)).c_str()) << static_cast<int>(saboteur);
  }
  void theAuditFindsWindowsThatShowWhatTheyMustNot() {
    QFETCH(const int, saboteur);
    // Without drivers memory comes from the swap files: pages leave windows.
    RunConfig config = threeServers();
    for (VmConfig& vm : config.vms) vm.balloon = saboteur != static_cast<int>(Saboteur::StaleWindow);
    QCOMPARE(auditedExitCode(static_cast<Saboteur>(saboteur), std::move(config)), kExitInvariantBroken);
  }

  void statesTheWrongWayRoundAreSeenAtOnce() {
    const Harm ran = runSabotaged(Saboteur::WrongThresholdDirection, smallCache());
    QVERIFY(ran.digest != cache_.digest);
    QVERIFY(ran.states.contains(static_cast<std::uint64_t>(FreeState::Low)));
    TestHost test([] {
      RunConfig config = threeServers();
      config.sabotage = Saboteur::WrongThresholdDirection;
      return config;
    }());
    VERIFY_STARTED(test);
    QCOMPARE(test.metric("host.state"), static_cast<std::uint64_t>(FreeState::Low));
    QVERIFY(test.metric("host.free") > test.metric("host.minfree"));
  }

  void withoutHysteresisTheStateChangesMoreOften() {
    const Harm ran = runSabotaged(Saboteur::NoHysteresis, smallCache());
    const std::string counts = fmt::format("{} changes, {} with hysteresis", ran.stateChanges, cache_.stateChanges);
    QVERIFY2(ran.stateChanges > cache_.stateChanges, counts.c_str());
  }

  void anIgnoredTaxChangesTargets() { QVERIFY(runSabotaged(Saboteur::IgnoredTax, smallCache()).digest != cache_.digest); }

  void theNewestIsThrownOut() {
    const Harm ran = runSabotaged(Saboteur::NewestEvicted, smallCache());
    const std::string counts = fmt::format("{} young pages, {} otherwise", ran.evictedYoung, cache_.evictedYoung);
    QVERIFY2(ran.evictedYoung > cache_.evictedYoung, counts.c_str());
  }

  void everySaboteurHasANameOfItsOwn() {
    std::set<std::string_view> names;
    for (const SaboteurInfo& info : saboteurTable()) {
      QVERIFY(names.insert(info.name).second);
      QVERIFY(saboteurNamed(info.name) == info.saboteur);
      QVERIFY(!info.breaks.empty() && !info.foundBy.empty());
    }
    QVERIFY(!saboteurNamed("").has_value());
  }

 private:
  Harm servers_, cache_;
};

OVERCOMMIT_TEST(SaboteursTest)
#include "saboteurs_test.moc"

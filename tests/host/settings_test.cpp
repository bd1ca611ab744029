// SPDX-License-Identifier: GPL-2.0-or-later
// Settings that are changed while VMs run act at once.
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// A VM with a balloon that polls every 10 ms, on a host where nothing but a limit can press it.
RunConfig roomy() {
  RunConfig config = hostOf(mebibytes(64));
  config.host.timeScale = 100;
  config.costs.diskRead = config.costs.swapRead = microseconds(20);
  config.costs.swapWrite = microseconds(10);
  VmConfig vm = vmOf("a", "toucher", mebibytes(16));
  vm.arguments = {{"working_set", 3 * kMiB}, {"op_work", 100'000}};
  vm.balloon = true;
  config.vms = {vm};
  return config;
}

// Gives the VM a limit 200 pages below what it has, which asks its balloon for them: 0, or the limit.
std::uint64_t press(TestHost& test) {
  const auto busy = [&] { return test.metric("vm.a.balloon_driver") == 1 && test.vm(0).meter().operations() > 300; };
  if (!test.runUntil(busy, seconds(10))) return 0;
  const Pages limit = test.vm(0).memory()->allocated() - Pages(200);
  if (!test.apply(0, SetAction{"limit", limit.value()})) return 0;
  const VirtualTime now = test.host().now();
  return test.runUntil([&] { return ballooned(test) >= 150; }, now + seconds(5)) ? limit.value() : 0;
}

}  // namespace

class SettingsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void loweredBalloonMaximumDeflatesTheBalloon_data() {
    QTest::addColumn<bool>("ofTheHost");
    QTest::addRow("balloon_max") << false;
    QTest::addRow("CtlMaxPercent") << true;
  }
  void loweredBalloonMaximumDeflatesTheBalloon() {
    QFETCH(const bool, ofTheHost);
    TestHost test(roomy());
    VERIFY_STARTED(test);
    const std::uint64_t limit = press(test);
    QVERIFY(limit > 0);
    const std::uint64_t maximum = ofTheHost ? mebibytes(16).value() * 2 / 100 : 60;
    if (ofTheHost) {
      VERIFY_OK(test.apply(std::nullopt, SetAction{"CtlMaxPercent", 2}));
    } else {
      VERIFY_OK(test.apply(0, SetAction{"balloon_max", maximum}));
    }
    QCOMPARE(test.metric("vm.a.balloon_max"), maximum * kPageSize);
    QVERIFY(test.metric("vm.a.balloon_target") <= maximum * kPageSize);
    const VirtualTime changed = test.host().now();
    QVERIFY(test.runUntil([&] { return ballooned(test) <= maximum; }, changed + seconds(1)));
    test.runUntil(changed + seconds(2));
    QVERIFY(ballooned(test) <= maximum);
    // And back.
    if (ofTheHost) {
      VERIFY_OK(test.apply(std::nullopt, SetAction{"CtlMaxPercent", 65}));
    } else {
      VERIFY_OK(test.apply(0, SetAction{"balloon_max", std::nullopt}));
    }
    QCOMPARE(test.metric("vm.a.balloon_max"), mebibytes(16).value() * 65 / 100 * kPageSize);
    test.host().finish();
  }

  // The VM's own maximum goes before the host's percentage.
  void hostsBalloonPercentageDoesNotTouchAVmWithItsOwn() {
    RunConfig config = roomy();
    config.vms[0].balloonMax = Pages(500);
    TestHost test(config);
    VERIFY_STARTED(test);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"CtlMaxPercent", 1}));
    QCOMPARE(test.metric("vm.a.balloon_max"), 500 * kPageSize);
  }

  void ballooningThatIsSwitchedOffGivesEverythingBackAndLeavesTheLimitToSwap() {
    TestHost test(roomy());
    VERIFY_STARTED(test);
    const std::uint64_t limit = press(test);
    QVERIFY(limit > 0);
    VERIFY_OK(test.apply(0, SetAction{"balloon", 0}));
    const VirtualTime changed = test.host().now();
    QVERIFY(test.runUntil([&] { return ballooned(test) == 0; }, changed + seconds(1)));
    QCOMPARE(test.metric("vm.a.balloon_driver"), 0u);
    const std::uint64_t inflates = test.metric("vm.a.inflates");
    test.runUntil(changed + seconds(2));
    QCOMPARE(test.metric("vm.a.inflates"), inflates);
    QVERIFY(test.vm(0).memory()->allocated() <= Pages(limit));
    QVERIFY2(test.vm(0).on(), test.vm(0).crashReason().c_str());

    VERIFY_OK(test.apply(0, SetAction{"balloon", 1}));
    VERIFY_OK(test.apply(0, SetAction{"limit", limit - 100}));
    const VirtualTime again = test.host().now();
    QVERIFY(test.runUntil([&] { return ballooned(test) > 0; }, again + seconds(3)));
    test.host().finish();
  }

  void shorterSamplePeriodEndsTheOneThatHasBegun() {
    RunConfig config = hostOf(mebibytes(32));
    config.host.options["SamplePeriod"] = 3600;
    config.vms = {vmOf("a", "toucher", mebibytes(8))};
    TestHost test(config);
    test.keep(EventKind::Sample);
    VERIFY_STARTED(test);
    test.runUntil(seconds(3));
    QCOMPARE(test.count(EventKind::Sample), 0u);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"SamplePeriod", 1}));
    test.runUntil(seconds(3) + milliseconds(50));
    QCOMPARE(test.count(EventKind::Sample), 1u);
    test.runUntil(seconds(6));
    QVERIFY(test.count(EventKind::Sample) >= 3);
  }

  void minimumFreeMemoryMovesTheFreeStateAtOnce() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {vmOf("a", "toucher", mebibytes(8))};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(500));
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
    const std::uint64_t freePercent = test.host().machine().free().value() * 100 / mebibytes(16).value();
    VERIFY_OK(test.apply(std::nullopt, SetAction{"MemMinFreePct", 50}));
    QCOMPARE(test.host().pager().freeState() == FreeState::High, freePercent >= 32);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"MinFreeHighPct", 200}));
    QCOMPARE(test.host().pager().thresholds().high.value(), mebibytes(16).value());
  }

  void targetsFollowSharesReservationsAndTaxWithinAQuantum() {
    RunConfig config = hostOf(mebibytes(12));
    for (const char* name : {"a", "b"}) {
      VmConfig vm = vmOf(name, "toucher", mebibytes(8));
      vm.arguments = {{"working_set", 6 * kMiB}, {"op_work", 100'000}};
      vm.shares = 1000;
      config.vms.push_back(vm);
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(1));
    const auto target = [&](std::size_t vm) { return test.vm(vm).memory()->target; };
    const auto step = [&] { test.host().step(seconds(100)); };
    VERIFY_OK(test.apply(0, SetAction{"shares", 4000}));
    step();
    QVERIFY(target(0) > target(1) + Pages(100));
    VERIFY_OK(test.apply(1, SetAction{"reservation", 1600}));
    step();
    QVERIFY(target(1) >= Pages(1600));
    VERIFY_OK(test.apply(1, SetAction{"reservation", 0}));
    VERIFY_OK(test.apply(0, SetAction{"limit", 300}));
    step();
    QVERIFY(target(0) <= Pages(300));
  }
};

OVERCOMMIT_TEST(SettingsTest)
#include "settings_test.moc"

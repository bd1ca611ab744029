// SPDX-License-Identifier: GPL-2.0-or-later
// When a means of reclaiming is used up: the host survives, blocks and says so, and goes on when memory returns. Every run here has a
// virtual time by which it must have come somewhere.
#include "support/script_vms.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kGreedyOperations = 400;

// Uses all of its 8 MiB; `text` permille of the pages compress.
VmConfig greedy(const std::string& name, std::uint64_t text) {
  return generatorVm(name, "uniform", mebibytes(8),
                     {{"text", text}, {"touches", 8}, {"work", 5'000'000}, {"operations", kGreedyOperations}});
}

RunConfig crowdedHost(std::uint64_t vms, std::uint64_t mib, std::uint64_t text) {
  RunConfig config = fastDisks(hostOf(mebibytes(mib)));
  for (std::uint64_t i = 0; i < vms; ++i) config.vms.push_back(greedy("vm" + std::to_string(i), text));
  return config;
}

// Guests' own pages fill their caches, which may hold 5 % of their memory.
RunConfig touchersWithSmallCaches(std::uint64_t hostMiB, std::initializer_list<const char*> names) {
  RunConfig config = fastDisks(hostOf(mebibytes(hostMiB)));
  config.host.options["MemZipMaxPct"] = 5;
  for (const char* name : names) {
    config.vms.push_back(vmOf(name, "toucher", mebibytes(8)));
    config.vms.back().arguments = {{"working_set", 5 * kMiB}, {"op_work", 1'000'000}};
    config.vms.back().operations = kGreedyOperations;
  }
  return config;
}

// With every VM's disk full, runs four VMs to their end: those that are stopped say why, the others complete.
void fillDisksAndRun(TestHost& test, std::string_view reason, std::uint64_t& stopped) {
  for (std::size_t i = 0; i < 4; ++i) VERIFY_OK(test.apply(i, FaultAction{DeviceFault::SwapDiskFull, 0}));
  QVERIFY(test.runUntilOff(seconds(100)));
  for (std::size_t i = 0; i < 4; ++i) {
    if (test.vm(i).state() == VmState::Crashed) {
      ++stopped;
      QVERIFY2(test.vm(i).crashReason().find(reason) != std::string::npos, test.vm(i).crashReason().c_str());
    } else {
      QCOMPARE(test.vm(i).meter().operations(), kGreedyOperations);
    }
  }
}

void verifyAllCompleted(const TestHost& test, std::uint64_t vms) {
  for (std::size_t i = 0; i < vms; ++i) {
    QVERIFY2(test.vm(i).state() == VmState::Off, (test.vm(i).config().name + ": " + test.vm(i).crashReason()).c_str());
    QCOMPARE(test.vm(i).meter().operations(), kGreedyOperations);
  }
}

}  // namespace

class ExhaustionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void fullCacheSendsItsOldestPagesToTheDisk() {
    TestHost test(touchersWithSmallCaches(12, {"a", "b", "c"}));
    VERIFY_STARTED(test);
    std::uint64_t mostFrames = 0;
    while (!test.host().allOff() && test.host().now() < seconds(100)) {
      test.host().step(seconds(100));
      for (const char* name : {"a", "b", "c"}) mostFrames = std::max(mostFrames, test.metric("vm." + std::string(name) + ".zip_cache"));
    }
    verifyAllCompleted(test, 3);
    QCOMPARE(mostFrames / kPageSize, mebibytes(8).value() * 5 / 100);
    QVERIFY2(test.metric("host.zips") > 500 && test.metric("host.swap_outs") > 500, std::to_string(test.metric("host.zips")).c_str());
  }

  // A disk without space stops the VMs whose pages should go there, and says why; what they leave is enough for the others.
  void fullDiskStopsVmsWithAReasonUntilTheOthersFit() {
    RunConfig config = crowdedHost(4, 20, 0);
    TestHost test(config);
    VERIFY_STARTED(test);
    std::uint64_t stopped = 0;
    fillDisksAndRun(test, "vswp: no space left on device", stopped);
    QVERIFY2(stopped >= 1 && stopped <= 3, std::to_string(stopped).c_str());
    QCOMPARE(test.metric("host.vms_crashed"), stopped);
  }

  void fullCacheAndFullDiskTogetherDoNoMoreHarm() {
    TestHost test(touchersWithSmallCaches(16, {"a", "b", "c", "d"}));
    VERIFY_STARTED(test);
    std::uint64_t stopped = 0;
    fillDisksAndRun(test, "no space left on device", stopped);
    QVERIFY2(stopped < 4, std::to_string(stopped).c_str());
    QVERIFY(test.metric("host.zips") > 0);
  }

  // Nobody may be made smaller, and everybody wants more: all stop but nobody dies, until one goes.
  void vmsAtTheirReservationsAreBlockedAndGoOnWhenOneIsPoweredOff() {
    RunConfig config = crowdedHost(3, 16, 500);
    for (VmConfig& vm : config.vms) vm.reservation = Pages(1330);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(1));
    for (std::size_t i = 0; i < 3; ++i) {
      QVERIFY(test.vm(i).state() != VmState::Crashed);
      QVERIFY(test.vm(i).memory()->allocated() >= Pages(1330));
    }
    QVERIFY(test.metric("host.vms_blocked") > 0 || test.metric("host.swap_outs") > 0);
    VERIFY_OK(test.apply(0, PowerOffAction{}));
    QVERIFY(test.runUntilOff(seconds(100)));
    for (const std::size_t i : {1u, 2u}) QCOMPARE(test.vm(i).meter().operations(), kGreedyOperations);
  }

  // With all of a VM reserved, there is nothing to be reclaimed at all: new memory is waited for.
  void fullyReservedVmsWaitForMemoryAndGetIt() {
    RunConfig config = crowdedHost(2, 18, 500);
    for (VmConfig& vm : config.vms) vm.reservation = vm.memory;
    config.vms.push_back(greedy("guest", 500));  // is guaranteed nothing, and gets what is left
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil(
        [&] { return test.vm(0).meter().operations() == kGreedyOperations && test.vm(1).meter().operations() == kGreedyOperations; },
        seconds(100)));
    QCOMPARE(test.vm(0).counters().swapOuts + test.vm(1).counters().swapOuts, 0u);
    QCOMPARE(test.vm(0).counters().zips + test.vm(1).counters().zips, 0u);
    QVERIFY(test.runUntilOff(seconds(200)));
    verifyAllCompleted(test, 3);
  }

  void liftedLimitEndsTheExhaustionOfAVm() {
    RunConfig config = fastDisks(hostOf(mebibytes(32)));
    config.vms.push_back(greedy("a", 0));
    config.vms[0].limit = Pages(64);
    config.costs.swapRead = milliseconds(5);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(5));
    const std::uint64_t before = test.vm(0).meter().operations();
    QVERIFY2(before < kGreedyOperations / 2, std::to_string(before).c_str());
    QVERIFY(test.vm(0).memory()->allocated() <= Pages(64));
    VERIFY_OK(test.apply(0, SetAction{"limit", std::nullopt}));
    QVERIFY(test.runUntilOff(seconds(60)));
    verifyAllCompleted(test, 1);
  }

  // The balloon's maximum is reached: what is missing comes from the swap file, and the guest does not notice.
  void balloonAtItsMaximumLeavesTheRestToSwap() {
    RunConfig config = fastDisks(hostOf(mebibytes(20)));
    config.host.timeScale = 10;
    config.host.options["CtlMaxPercent"] = 10;
    VmConfig guest = vmOf("guest", "idle", mebibytes(16));
    guest.balloon = true;
    guest.guestSwap = mebibytes(16);
    guest.arguments = {{"working_set", 12 * kMiB}, {"files", kMiB}, {"think", 1'000'000}};
    config.vms = {guest, greedy("greedy", 500)};
    config.vms[1].start = seconds(1);
    config.vms[1].shares = 1'000'000;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(1).meter().operations() == kGreedyOperations; }, seconds(100)));
    const Pages most(mebibytes(16).value() / 10);
    QCOMPARE(test.vm(0).count(PagePlace::Ballooned).value(), most.value());
    QVERIFY(test.vm(0).counters().swapOuts > 0);
    QVERIFY2(test.vm(0).on(), test.vm(0).crashReason().c_str());
    // CtlMaxPercent acts while the host runs.
    VERIFY_OK(test.apply(std::nullopt, SetAction{"CtlMaxPercent", 0}));
    const VirtualTime from = test.host().now();
    QVERIFY(test.runUntil([&] { return test.vm(0).count(PagePlace::Ballooned) == Pages(0); }, from + seconds(20)));
  }

  // Only balloons may give memory: they give it to VMs that need it now.
  void hostThatOnlyBalloonsMakesRoomByThem() {
    RunConfig config = fastDisks(hostOf(mebibytes(32)));
    config.host.timeScale = 10;
    config.host.options["SwapEnable"] = 0;
    config.host.options["ShareScanGHz"] = 0;
    VmConfig guest = vmOf("guest", "idle", mebibytes(24));
    guest.balloon = true;
    guest.guestSwap = mebibytes(24);
    guest.arguments = {{"working_set", 18 * kMiB}, {"files", kMiB}, {"think", 1'000'000}};
    config.vms = {guest, greedy("a", 500), greedy("b", 500)};
    for (const std::size_t i : {1u, 2u}) {
      config.vms[i].start = seconds(1);
      config.vms[i].arguments.push_back({"fill", 0});  // no faster than a balloon grows
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(1).meter().operations() + test.vm(2).meter().operations() == 2 * kGreedyOperations; },
                          seconds(120)));
    QVERIFY(test.vm(0).counters().inflates > 0);
    QCOMPARE(test.metric("host.swap_outs"), 0u);
    QVERIFY2(test.vm(0).on(), test.vm(0).crashReason().c_str());
  }

  // "A working set of 2 GB on a host of 1 GB": operations of 8 pages anywhere in 16 MiB, 5 ms of work each, disks as they are.
  void workingSetTwiceTheHostDegradesBadly() {
    const auto operationsOn = [](std::uint64_t mib) {
      RunConfig config = hostOf(mebibytes(mib));
      config.host.options["AllocGuestLargePage"] = 0;
      config.vms = {generatorVm("vm", "uniform", mebibytes(16), {{"text", 0}, {"touches", 8}, {"work", 5'000'000}})};
      TestHost test(config);
      if (!test.start()) return std::uint64_t{0};
      test.runUntil(seconds(10));
      return test.vm(0).meter().operations();
    };
    const std::uint64_t fits = operationsOn(24), half = operationsOn(8);
    QVERIFY2(half > 0 && half * 4 < fits, qPrintable(QString("%1 operations where it fits, %2 on half of it").arg(fits).arg(half)));
  }
};

OVERCOMMIT_TEST(ExhaustionTest)
#include "exhaustion_test.moc"

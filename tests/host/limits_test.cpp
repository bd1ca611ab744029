// SPDX-License-Identifier: GPL-2.0-or-later
// Limits, reservations, admission, and what happens when memory runs out altogether.
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

RunConfig fastHost(Pages memory) {
  RunConfig config = hostOf(memory);
  config.costs.diskRead = config.costs.swapRead = microseconds(20);
  config.costs.swapWrite = microseconds(10);
  return config;
}

VmConfig toucher(const std::string& name, std::uint64_t mib, std::uint64_t workingSetKib) {
  VmConfig vm = vmOf(name, "toucher", mebibytes(mib));
  vm.arguments = {{"working_set", workingSetKib << 10}, {"op_work", 100'000}};
  return vm;
}

// "" if all VMs that start at 0 are on.
std::string startError(const RunConfig& config) {
  TestHost test(config);
  static_cast<void>(test.start());
  return test.error();
}

Pages allocated(const TestHost& test, std::size_t vm) { return test.vm(vm).memory()->allocated(); }

}  // namespace

class LimitsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void loweredLimitIsEnforcedWithPlentyOfFreeMemory() {
    RunConfig config = fastHost(mebibytes(64));
    config.vms = {toucher("a", 8, 5'120), toucher("b", 8, 5'120)};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 100; }, seconds(5)));
    const Pages before = allocated(test, 1);
    VERIFY_OK(test.apply(0, SetAction{"limit", 1024}));
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
    const VirtualTime applied = test.host().now();
    QVERIFY(test.runUntil([&] { return allocated(test, 0) <= Pages(1024); }, applied + seconds(1)));
    const std::uint64_t operations = test.vm(0).meter().operations();
    QVERIFY(test.runUntil([&] { return allocated(test, 0) > Pages(1024) || test.vm(0).meter().operations() >= operations + 200; },
                          applied + seconds(20)));
    QVERIFY(allocated(test, 0) <= Pages(1024));
    QCOMPARE(allocated(test, 1), before);
    QCOMPARE(test.vm(1).counters().swapOuts, 0u);

    VERIFY_OK(test.apply(0, SetAction{"limit", std::nullopt}));
    QVERIFY(test.runUntil([&] { return allocated(test, 0) > Pages(1100); }, applied + seconds(40)));
    test.host().finish();
  }

  void limitIsKeptFromTheFirstTouchOn() {
    RunConfig config = fastHost(mebibytes(64));
    config.vms = {toucher("a", 8, 5'120)};
    config.vms[0].limit = Pages(1000);
    config.vms[0].operations = 300;
    TestHost test(config);
    Pages most;
    VERIFY_STARTED(test);
    while (!test.host().allOff() && test.host().now() < seconds(30)) {
      test.host().step(seconds(30));
      if (test.vm(0).on()) most = std::max(most, allocated(test, 0));
    }
    QCOMPARE(test.vm(0).meter().operations(), 300u);
    QCOMPARE(most.value(), 1000u);
    for (const Event& event : test.events()) {
      if (event.kind == EventKind::ReclaimStart) QCOMPARE(event.values[0], static_cast<std::uint64_t>(ReclaimReason::Limit));
    }
  }

  void limitTooSmallToRunInSlowsAndDoesNotKill() {
    RunConfig config = fastHost(mebibytes(32));
    config.vms = {toucher("a", 8, 1024)};
    config.vms[0].limit = Pages(1);
    config.vms[0].operations = 20;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(100)));
    QCOMPARE(test.vm(0).state(), VmState::Off);
    QCOMPARE(test.vm(0).meter().operations(), 20u);
  }

  void reservationIsNeverUndercut() {
    RunConfig config = fastHost(mebibytes(14));
    config.vms = {toucher("a", 8, 5'120), toucher("b", 8, 6'144), toucher("c", 8, 6'144)};
    config.vms[0].reservation = mebibytes(8);
    config.vms[0].shares = 1;  // would have to give everything
    config.vms[1].reservation = mebibytes(3);
    config.vms[1].shares = 1;
    TestHost test(config);
    VERIFY_STARTED(test);
    for (int i = 0; i < 400; ++i) {
      test.host().step(seconds(5));
      QCOMPARE(test.vm(0).counters().swapOuts, 0u);
      if (test.vm(1).counters().swapOuts > 0) QVERIFY(allocated(test, 1) >= mebibytes(3));
    }
    QVERIFY(test.runUntil([&] { return test.vm(1).counters().swapOuts > 0 && test.vm(2).counters().swapOuts > 0; }, seconds(20)));
    QCOMPARE(test.vm(0).counters().swapOuts, 0u);
    QVERIFY(allocated(test, 1) >= mebibytes(3));
    test.host().finish();
  }

  void memoryIsTakenInProportionToShares() {
    RunConfig config = fastHost(mebibytes(9));
    config.vms = {toucher("rich", 8, 6'144), toucher("poor", 8, 6'144)};
    config.vms[0].shares = 2000;
    config.vms[1].shares = 1000;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 1000 && test.vm(1).meter().operations() > 200; }, seconds(60)));
    const double ratio = static_cast<double>(allocated(test, 0).value()) / static_cast<double>(allocated(test, 1).value());
    QVERIFY2(ratio > 1.4 && ratio < 2.1, std::to_string(ratio).c_str());
  }

  void admissionRefusesWhatCannotBeGuaranteed() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {toucher("a", 8, 1024), toucher("b", 8, 1024)};
    config.vms[0].reservation = mebibytes(8);
    config.vms[1].reservation = mebibytes(8);
    // What is left of 4,096 pages beside a's reservation and nested page table, the share table, the scratch frame, and 8 for emergencies.
    const std::uint64_t each = 2048 + NestedPageTable::tablesFor(mebibytes(8)).value();
    const std::uint64_t own = ShareTable::framesFor(mebibytes(16)).value() + 1 + 8;
    QCOMPARE(startError(config), "admission refused: b needs " + std::to_string(each) +
                                     " pages for its reservation and its overhead, and " + std::to_string(4096 - each - own) +
                                     " of the host's 4096 are promised to nobody yet; lower its reservation or that of another VM, or give "
                                     "the host more memory");
    // The share table of a host that is so much larger has a frame more.
    config.host.memory = Pages(2 * each + own);
    QVERIFY(startError(config).starts_with("admission refused: b needs "));
    config.host.memory = Pages(2 * each + own + 1);
    QCOMPARE(startError(config), std::string());
  }

  // Promised is what VMs have that are on.
  void reservationOfAVmThatIsOffIsFreeForOthers() {
    RunConfig config = fastHost(mebibytes(16));
    config.vms = {toucher("a", 8, 1024), toucher("b", 8, 1024), toucher("c", 8, 1024)};
    for (VmConfig& vm : config.vms) vm.reservation = mebibytes(7);
    config.vms[2].start.reset();
    TestHost test(config);
    VERIFY_STARTED(test);
    const auto refused = test.apply(2, PowerOnAction{});
    QVERIFY(!refused && refused.error().text.starts_with("admission refused: c needs "));
    QVERIFY(!test.vm(2).on());
    VERIFY_OK(test.apply(0, PowerOffAction{}));
    VERIFY_OK(test.apply(2, PowerOnAction{}));
    QVERIFY(test.vm(2).on());
    test.host().finish();
  }

  void vmThatCannotBeAdmittedWhenItsTimeComesStaysOff() {
    RunConfig config = fastHost(mebibytes(16));
    config.vms = {toucher("a", 8, 1024), toucher("b", 8, 1024)};
    for (VmConfig& vm : config.vms) vm.reservation = mebibytes(8);
    config.vms[1].start = milliseconds(50);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(100));
    QVERIFY(!test.vm(1).on());
    QCOMPARE(test.count(EventKind::Fault, 1), 1u);
    for (const Event& event : test.events()) {
      if (event.kind == EventKind::Fault) QVERIFY(event.text.starts_with("admission refused: b needs "));
    }
    QCOMPARE(test.count(EventKind::PowerOn, 1), 0u);
    test.host().finish();
  }

  void whatIsNotReservedMustFitTheSwapSpace() {
    RunConfig config = fastHost(mebibytes(64));
    config.vms = {toucher("a", 8, 1024), toucher("b", 8, 1024)};
    config.vms[0].reservation = mebibytes(2);
    config.disk.swapSpace = mebibytes(14);
    QCOMPARE(startError(config), std::string());
    config.disk.swapSpace = mebibytes(14) - Pages(1);
    QCOMPARE(startError(config),
             std::string("admission refused: b needs 2048 pages of swap space for what is not reserved, and 2047 of the host's 3583 are "
                         "promised to nobody yet; raise [disk] swap_space or its reservation, or lower its memory"));
    config.vms[1].reservation = Pages(1);
    TestHost test(config);
    VERIFY_STARTED(test);
    // A reservation that is lowered needs swap space, one that is raised has its file still.
    QVERIFY(!test.apply(1, SetAction{"reservation", 0}));
    VERIFY_OK(test.apply(0, SetAction{"reservation", 1024}));
    QVERIFY(!test.apply(1, SetAction{"reservation", 0}));
    VERIFY_OK(test.apply(0, SetAction{"reservation", 512}));
    test.host().finish();
  }

  void oneSwapFileForTheHostIsAsLargeAsItsMemory() {  // A25 p406
    RunConfig config = fastHost(mebibytes(16));
    config.host.profile = "esx2";
    config.vms = {toucher("a", 8, 1024), toucher("b", 8, 1024)};
    QCOMPARE(startError(config), std::string());
    config.vms.push_back(toucher("c", 8, 1024));
    QVERIFY(startError(config).starts_with(
        "admission refused: c needs 2048 pages of swap space for what is not reserved, and 0 of the host's 4096"));
    config.disk.swapSpace = kUnlimitedSwapSpace;
    QCOMPARE(startError(config), std::string());
    config.disk.swapSpace.reset();
    config.host.profile = "esx3";
    QCOMPARE(startError(config), std::string());
  }

  void memoryWithoutSwapSpaceMustBeReserved() {
    RunConfig config = fastHost(mebibytes(64));
    config.vms = {toucher("a", 8, 1024)};
    config.disk.swapSpace = Pages(0);
    QVERIFY(startError(config).starts_with("admission refused: a needs 2048 pages of swap space"));
    config.vms[0].reservation = mebibytes(8);
    QCOMPARE(startError(config), std::string());
  }

  void serviceConsoleCountsForAdmission() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {toucher("a", 8, 1024)};
    config.vms[0].reservation = mebibytes(8);
    config.host.console = mebibytes(8);
    QVERIFY(startError(config).starts_with("admission refused: a needs "));
    config.host.console = mebibytes(7);
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.metric("host.overhead") > 7 * kMiB);
  }

  // Per cents of free memory are of what is left without it.
  void serviceConsoleIsOutsideTheThresholdsBase() {
    const auto highThresholdOf = [](Pages memory, Pages console) {
      RunConfig config = hostOf(memory);
      config.host.console = console;
      config.vms = {toucher("a", 8, 1024)};
      TestHost test(config);
      return test.start() ? test.metric("host.high_threshold") : 0;
    };
    const auto without = highThresholdOf(mebibytes(24), Pages(0));
    QVERIFY(without > 0);
    QCOMPARE(highThresholdOf(mebibytes(32), mebibytes(8)), without);
    QVERIFY(highThresholdOf(mebibytes(32), Pages(0)) > without);
  }

  void consoleLargerThanTheHostIsRefused() {
    RunConfig config = hostOf(mebibytes(4));
    config.host.console = mebibytes(5);
    QVERIFY(TestHost(config).error().starts_with("admission refused: the hypervisor itself needs "));
  }

  void raisedReservationIsAdmittedOnlyWithItsMemory() {
    RunConfig config = fastHost(mebibytes(16));
    config.vms = {toucher("a", 8, 1024), toucher("b", 16, 1024)};
    config.vms[0].reservation = mebibytes(6);
    TestHost test(config);
    VERIFY_STARTED(test);
    VERIFY_OK(test.apply(1, SetAction{"reservation", 256}));
    const auto refused = test.apply(1, SetAction{"reservation", mebibytes(11).value()});
    QVERIFY(!refused);
    QVERIFY2(refused.error().text.starts_with("admission refused: "), refused.error().text.c_str());
    QCOMPARE(test.metric("vm.b.reservation"), kMiB);
  }

  // Touches memory like a program that is guaranteed nothing on a host that swaps nothing.
  void fullHostWithoutSwapBlocksAndGoesOnWhenMemoryIsFree() {
    RunConfig config = fastHost(mebibytes(16));
    config.host.options["SwapEnable"] = 0;
    config.vms = {toucher("a", 8, 6'144), toucher("b", 8, 6'144), toucher("c", 8, 6'144)};
    for (VmConfig& vm : config.vms) vm.operations = 400;
    TestHost test(config);
    VERIFY_STARTED(test);
    const auto blocked = [&] { return test.metric("host.vms_blocked"); };
    QVERIFY(test.runUntil([&] { return blocked() > 0; }, seconds(5)));
    static_cast<void>(test.runUntil([&] { return blocked() == 3 || test.host().allOff(); }, seconds(20)));
    for (std::size_t i = 0; i < 3; ++i) QVERIFY2(test.vm(i).state() != VmState::Crashed, test.vm(i).crashReason().c_str());
    QVERIFY(test.count(EventKind::Block) > 0);
    QVERIFY(test.host().machine().free() > Pages(0));
    const std::uint64_t operations = test.vm(1).meter().operations();

    VERIFY_OK(test.apply(0, PowerOffAction{}));
    QVERIFY(test.runUntilOff(seconds(60)));
    QVERIFY(test.count(EventKind::Unblock) > 0);
    for (const std::size_t i : {1u, 2u}) {
      QCOMPARE(test.vm(i).state(), VmState::Off);
      QCOMPARE(test.vm(i).meter().operations(), 400u);
    }
    QVERIFY(test.vm(1).meter().operations() > operations);
    QVERIFY(test.vm(1).clock().spent(TimeUse::Blocked) > VirtualTime(0));
    QCOMPARE(test.host().swapDisk().requests(), 0u);
    QCOMPARE(test.vm(1).counters().swapOuts, 0u);
  }

  // A blocked VM loses nothing: neither an operation nor an answer.
  void blockedVmGivesTheResultsOfOneThatNeverWas() {
    std::array<std::string, 2> results;
    for (const std::size_t tight : {0u, 1u}) {
      RunConfig config = fastHost(mebibytes(tight != 0 ? 11 : 40));
      config.host.options["SwapEnable"] = 0;
      config.vms = {toucher("a", 8, 6'144), toucher("b", 8, 6'144)};
      for (VmConfig& vm : config.vms) vm.operations = 320;
      config.vms[1].program = "webserver";
      config.vms[1].arguments = {{"working_set", 4 * kMiB}, {"files", 2 * kMiB}, {"op_work", 50'000}};
      TestHost test(config);
      VERIFY_STARTED(test);
      test.runUntil(seconds(2));
      if (tight != 0) QVERIFY(test.count(EventKind::Block) > 0);
      if (test.vm(0).on()) VERIFY_OK(test.apply(0, PowerOffAction{}));
      QVERIFY(test.runUntilOff(seconds(30)));
      QCOMPARE(test.vm(1).meter().operations(), 320u);
      results[tight] =
          test.vm(1).meter().resultDigest().text() + " " + std::to_string(hash64(std::as_bytes(std::span(test.left("b").pages))));
    }
    QCOMPARE(results[0], results[1]);
  }

  void manyVmsOnAFullHostWithoutSwapAllBlockAndNoneDies() {
    RunConfig config = fastHost(mebibytes(40));
    config.host.options["SwapEnable"] = 0;
    for (int i = 0; i < 16; ++i) config.vms.push_back(toucher("vm" + std::to_string(i), 6, 4'096));
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(3));
    for (std::size_t i = 0; i < config.vms.size(); ++i) QVERIFY2(test.vm(i).state() != VmState::Crashed, test.vm(i).crashReason().c_str());
    QVERIFY(test.metric("host.vms_blocked") > 12);
    test.host().finish();
  }

  void swapThatIsAllowedAgainFreesBlockedVms() {
    RunConfig config = fastHost(mebibytes(12));
    config.host.options["SwapEnable"] = 0;
    config.vms = {toucher("a", 8, 6'144), toucher("b", 8, 6'144)};
    for (VmConfig& vm : config.vms) vm.operations = 300;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.metric("host.vms_blocked") == 2; }, seconds(10)));
    VERIFY_OK(test.apply(std::nullopt, SetAction{"SwapEnable", 1}));
    QVERIFY(test.runUntilOff(test.host().now() + seconds(60)));
    QCOMPARE(test.metric("host.operations"), 600u);
  }

  void hostTooSmallForAVmSaysSo() {
    RunConfig config = hostOf(Pages(15));
    config.vms = {toucher("a", 8, 1024)};
    QVERIFY(startError(config).starts_with("admission refused: a needs "));
  }

  // The smallest host that admission lets through runs its VM, however slowly.
  void smallestHostRuns() {
    RunConfig config = fastHost(mebibytes(1));
    config.host.memory = NestedPageTable::tablesFor(mebibytes(4)) + Pages(9) + Pages(420);
    VmConfig vm = toucher("a", 4, 256);
    vm.operations = 5;
    config.vms = {vm};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY2(test.runUntilOff(seconds(100)), test.vm(0).crashReason().c_str());
    QVERIFY2(test.vm(0).state() == VmState::Off, test.vm(0).crashReason().c_str());
    QCOMPARE(test.vm(0).meter().operations(), 5u);
  }

  void hostWithHardlyAnyMemoryStopsOrBlocksItsVm() {
    for (std::uint64_t spare = 0; spare < 60; spare += 10) {
      RunConfig config = fastHost(NestedPageTable::tablesFor(mebibytes(4)) + Pages(10) + Pages(spare));
      config.vms = {toucher("a", 4, 256)};
      TestHost test(config);
      VERIFY_STARTED(test);
      test.runUntil(milliseconds(200));
      test.host().finish();
      const VirtualMachine& vm = test.vm(0);
      QVERIFY2(
          vm.state() != VmState::Crashed || vm.crashReason().starts_with("the host has no free frame left and nothing can be reclaimed"),
          vm.crashReason().c_str());
    }
  }

  // The kernel's own pages are pages like any other.
  void kernelPagesAreSwappedAndComeBack() {
    RunConfig config = fastHost(mebibytes(16));
    config.vms = {toucher("a", 8, 512)};
    config.vms[0].limit = Pages(150);  // much less than the kernel with its tables
    config.vms[0].operations = 50;
    TestHost test(config);
    VERIFY_STARTED(test);
    const auto image = [&] { return Gfn(OC_IMAGE_LOWEST_ADDRESS >> kPageShift); };
    std::uint64_t swappedKernelPages = 0;
    QVERIFY(test.runUntil(
        [&] {
          if (!test.vm(0).on()) return true;
          for (std::uint64_t i = 0; i < 8; ++i)
            swappedKernelPages += test.vm(0).memory()->guest.entry(image().next(i)).place() == PagePlace::Swapped ? 1u : 0u;
          return false;
        },
        seconds(60)));
    QVERIFY(swappedKernelPages > 0);
    QCOMPARE(test.vm(0).state(), VmState::Off);
    QCOMPARE(test.vm(0).meter().operations(), 50u);
  }

  void freeStateIsThatOfTheFreeFramesAtAnyTime() {
    RunConfig config = fastHost(mebibytes(10));
    config.vms = {toucher("a", 8, 6'144), toucher("b", 8, 6'144)};
    config.vms[1].start = milliseconds(30);
    TestHost test(config);
    VERIFY_STARTED(test);
    while (test.host().now() < milliseconds(200)) {
      test.host().step(seconds(10));
      const Pager& pager = test.host().pager();
      QCOMPARE(nextFreeState(pager.freeState(), test.host().machine().free(), pager.thresholds()), pager.freeState());
    }
    QVERIFY(test.count(EventKind::FreeStateChange) > 0);
  }
};

OVERCOMMIT_TEST(LimitsTest)
#include "limits_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
// The run loop: determinism, fairness, time, and the life of VMs.
#include "machine/fake_kernel.h"
#include "support/test.h"
#include "support/test_host.h"
#include "trace/trace_writer.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

VmConfig toucher(const std::string& name) {
  VmConfig vm = vmOf(name, "toucher", mebibytes(8));
  vm.arguments = {{"working_set", 5 * kMiB}, {"op_work", 100'000}};
  return vm;
}

VmConfig generated(const std::string& name, const std::string& generator) {
  VmConfig vm = vmOf(name, "", mebibytes(8));
  vm.generator = generator;
  vm.arguments = {{"working_set", 5 * kMiB}};
  return vm;
}

// A mixed host that is short of memory.
RunConfig mixedHost() {
  RunConfig config = hostOf(mebibytes(16));
  config.costs.diskRead = config.costs.swapRead = microseconds(50);
  config.costs.swapWrite = microseconds(10);
  config.vms = {toucher("a"), vmOf("web", "webserver", mebibytes(8)), generated("script", "zipf")};
  config.vms[1].arguments = {{"working_set", 3 * kMiB}, {"files", 4 * kMiB}};
  config.vms[1].balloon = true;
  config.vms[1].guestSwap = mebibytes(8);
  return config;
}

constexpr VirtualTime kMixedTime = milliseconds(250);

std::string digestOf(const RunConfig& config) {
  TestHost test(config);
  if (!test.start()) return test.error();
  test.runUntil(kMixedTime);
  return test.digest();
}

void compareAccounts(const TestHost& test, std::size_t vms) {
  for (std::size_t i = 0; i < vms; ++i) {
    VirtualTime sum;
    for (std::size_t use = 0; use < kTimeUses; ++use) sum += test.vm(i).clock().spent(static_cast<TimeUse>(use));
    QCOMPARE(sum, test.vm(i).clock().elapsed());
  }
}

}  // namespace

class RunLoopTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { digest_ = digestOf(mixedHost()); }

  void sameSeedGivesTheSameRunAndAnotherSeedAnother() {
    RunConfig config = mixedHost();
    QCOMPARE(digestOf(config), digest_);
    config.seed = 2;
    QVERIFY(digestOf(config) != digest_);
  }

  void auditDoesNotChangeTheRun() {
    RunConfig config = mixedHost();
    config.audit = false;
    QCOMPARE(digestOf(config), digest_);
  }

  void watchdogDoesNotChangeTheRun() {
    RunConfig config = mixedHost();
    config.watchdog = false;
    QCOMPARE(digestOf(config), digest_);
  }

  void traceDoesNotChangeTheRun() {
    TestHost test(mixedHost());
    std::vector<std::byte> bytes;
    auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), test.host().traceHeader("", "test"));
    VERIFY_OK(writer);
    test.log().addListener(**writer);
    VERIFY_STARTED(test);
    test.runUntil(kMixedTime);
    (*writer)->finish(test.log().digest());
    QCOMPARE(test.digest(), digest_);
    QVERIFY(!(*writer)->error() && bytes.size() > 1000);
  }

  void mappingLimitDoesNotChangeTheRun() {
    TestHost test(mixedHost(), 150);
    VERIFY_STARTED(test);
    test.runUntil(kMixedTime);
    QCOMPARE(test.digest(), digest_);
  }

  void lookingAtAVmChangesNothing() {
    TestHost test(mixedHost());
    VERIFY_STARTED(test);
    std::array<std::byte, kPageSize> page{};
    for (std::uint64_t step = 0; test.host().now() < kMixedTime; ++step) {
      test.host().step(kMixedTime);
      const std::uint64_t recorded = test.log().recorded();
      for (const HostMetric& metric : hostMetrics()) metric.read(test.host());
      for (std::size_t i = 0; i < 3; ++i) {
        for (const VmMetric& metric : vmMetrics()) metric.read(test.vm(i));
        for (std::uint64_t n = 0; n < 40; ++n) {
          const Gfn gfn((step * 40 + n) * 31 % 2048);
          const NptEntry entry = test.vm(i).memory()->guest.entry(gfn);
          QVERIFY(test.host().pager().look(*test.vm(i).memory(), gfn, page));
          QVERIFY(test.vm(i).memory()->guest.entry(gfn) == entry);
        }
        static_cast<void>(test.host().walk(VmId(static_cast<std::uint16_t>(i)), Gva(OC_DYNAMIC_BASE + step * kPageSize)));
      }
      QCOMPARE(test.log().recorded(), recorded);
    }
    QCOMPARE(test.digest(), digest_);
  }

  void noVmIsFavoured_data() {
    QTest::addColumn<quint64>("host");
    QTest::newRow("ample memory") << quint64{40};
    QTest::newRow("too little memory") << quint64{16};
  }

  void noVmIsFavoured() {
    QFETCH(quint64, host);
    RunConfig config = hostOf(mebibytes(host));
    config.costs.swapRead = microseconds(50);
    config.costs.swapWrite = microseconds(10);
    for (const char* name : {"a", "b", "c", "d"}) config.vms.push_back(toucher(name));
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(host > 30 ? 500 : 1500));
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += static_cast<double>(test.vm(i).meter().operations());
    for (std::size_t i = 0; i < 4; ++i) {
      const double share = static_cast<double>(test.vm(i).meter().operations()) / sum * 4;
      QVERIFY2(share > 0.98 && share < 1.02, std::to_string(share).c_str());
    }
    QVERIFY(sum > 800);
    compareAccounts(test, 4);
  }

  void timeAccountAddsUpAtAnyTime() {
    TestHost test(mixedHost());
    VERIFY_STARTED(test);
    while (test.host().now() < kMixedTime) {
      test.host().step(kMixedTime);
      compareAccounts(test, 3);
      for (std::size_t i = 0; i < 3; ++i) QVERIFY(test.vm(i).clock().now() >= test.host().now());
    }
  }

  void everyUseOfTimeAppearsInTheMetrics() {
    TestHost test(mixedHost());
    VERIFY_STARTED(test);
    test.runUntil(kMixedTime);
    for (const char* vm : {"a", "web", "script"}) {
      std::uint64_t sum = 0;
      for (std::size_t use = 0; use < kTimeUses; ++use)
        sum += test.metric("vm." + std::string(vm) + ".time_" + std::string(nameOf(static_cast<TimeUse>(use))));
      QCOMPARE(sum, test.metric("vm." + std::string(vm) + ".elapsed"));
    }
  }

  void placesAndFramesAddUpInTheMetrics() {
    TestHost test(mixedHost());
    VERIFY_STARTED(test);
    for (int i = 0; i < 100; ++i) {
      test.host().step(kMixedTime);
      std::uint64_t frames = 0;
      for (const char* use : {"free", "private", "shared", "zip_store", "overhead"}) frames += test.metric("host." + std::string(use));
      QCOMPARE(frames, test.metric("host.memory"));
      for (const char* vm : {"a", "web", "script"}) {
        std::uint64_t pages = 0;
        for (const char* place : {"untouched", "private", "shared", "ballooned", "zipped", "swapped"})
          pages += test.metric("vm." + std::string(vm) + "." + place);
        QCOMPARE(pages, test.metric("vm." + std::string(vm) + ".memory"));
      }
    }
  }

  void operationsTakeAtLeastTheirWork() {
    TestHost test(mixedHost());
    VERIFY_STARTED(test);
    test.runUntil(kMixedTime);
    QVERIFY(test.metric("vm.a.latency_p50") >= 100'000);
    QVERIFY(test.metric("vm.a.latency_p50") <= test.metric("vm.a.latency_p95"));
    QVERIFY(test.metric("vm.a.latency_p95") <= test.metric("vm.a.latency_p99"));
  }

  void vmPowersOffAfterItsOperationsExactly() {
    for (const std::uint64_t operations : {1u, 64u, 333u}) {
      RunConfig config = hostOf(mebibytes(16));
      config.vms = {toucher("a")};
      config.vms[0].operations = operations;
      TestHost test(config);
      VERIFY_STARTED(test);
      QVERIFY(test.runUntilOff(seconds(5)));
      QCOMPARE(test.vm(0).meter().operations(), operations);
      QCOMPARE(test.vm(0).state(), VmState::Off);
    }
  }

  void vmsStartAtTheirTimeOrNever() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {toucher("a"), toucher("b"), toucher("c")};
    config.vms[0].start = milliseconds(50);
    config.vms[1].start = milliseconds(75);
    config.vms[2].start = std::nullopt;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(!test.host().allOff());
    test.runUntil(milliseconds(100));
    QVERIFY(test.vm(0).on() && test.vm(1).on() && !test.vm(2).on());
    const VirtualTime quantum = test.host().quantum();
    for (const Event& event : test.events()) {
      if (event.kind != EventKind::PowerOn) continue;
      const VirtualTime due = event.vm == VmId(0) ? milliseconds(50) : milliseconds(75);
      QVERIFY(event.hostTime >= due && event.hostTime < due + quantum);
    }
    VERIFY_OK(test.apply(2, PowerOnAction{}));
    QVERIFY(test.vm(2).on());
    test.runUntil(milliseconds(200));
    QVERIFY(test.vm(2).meter().operations() > 100);
  }

  void vmThatIsSwitchedOffGivesEverythingBackAndStartsAfresh() {
    RunConfig config = mixedHost();
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(200));
    const std::uint64_t operations = test.vm(0).meter().operations();
    VERIFY_OK(test.apply(0, PowerOffAction{}));
    QVERIFY(!test.vm(0).on());
    QCOMPARE(test.vm(0).count(PagePlace::Untouched), mebibytes(8));
    QCOMPARE(test.metric("vm.a.overhead"), 0u);
    QCOMPARE(test.vm(0).meter().operations(), operations);
    QVERIFY(test.vm(0).counters().firstTouches > 0);  // its figures stay
    VERIFY_OK(test.apply(0, PowerOffAction{}));       // harmless
    test.runUntil(milliseconds(250));
    VERIFY_OK(test.apply(0, PowerOnAction{}));
    QVERIFY(!test.apply(0, PowerOnAction{}));
    QCOMPARE(test.vm(0).meter().operations(), 0u);
    QVERIFY(test.vm(0).clock().elapsed() < microseconds(100));  // loading touches pages
    test.runUntil(milliseconds(500));
    QVERIFY(test.vm(0).meter().operations() > 0);
    QCOMPARE(test.count(EventKind::PowerOn, 0), 2u);
    test.host().finish();
  }

  void allVmsOffLeaveNothingButTheHostsOwnFrames() {
    RunConfig config = mixedHost();
    for (VmConfig& vm : config.vms) vm.operations = 100;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(10)));
    const Pages own = ShareTable::framesFor(config.host.memory) + Pages(1);  // and the scratch frame
    QCOMPARE(test.host().machine().count(FrameUse::Overhead), own);
    QCOMPARE(test.host().machine().free() + own, test.host().machine().frames());
    QVERIFY(test.host().pager().vms().empty());
  }

  void sleepersKeepUpWithTheHost() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {vmOf("a", "idle", mebibytes(8)), vmOf("b", "idle", mebibytes(8))};
    for (VmConfig& vm : config.vms) vm.arguments = {{"working_set", kMiB}, {"files", 65536}, {"think", 1'000'000'000}};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(21));
    for (std::size_t i = 0; i < 2; ++i) {
      QVERIFY(test.vm(i).meter().operations() >= 18 && test.vm(i).meter().operations() <= 22);
      QVERIFY(test.vm(i).clock().now() >= seconds(21));
    }
    compareAccounts(test, 2);
  }

  void jumpsNeverPassAStartOrTheGivenEnd() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {toucher("a"), toucher("b")};
    config.vms[0].start = std::nullopt;
    config.vms[1].start = seconds(5);
    TestHost test(config);
    VERIFY_STARTED(test);
    const VirtualTime quantum = test.host().quantum();
    test.host().step(seconds(3));
    QVERIFY(test.host().now() > seconds(3) - quantum && test.host().now() < seconds(3) + quantum);
    while (test.host().now() < seconds(5)) test.host().step(seconds(5));
    QVERIFY(test.host().now() < seconds(5) + quantum);
    QVERIFY(!test.vm(1).on() || test.vm(1).clock().elapsed() < quantum * 2);
  }

  void blockedVmGoesOnThoughNobodyElseIsAwake() {
    RunConfig config = hostOf(mebibytes(10));
    config.host.options["SwapEnable"] = 0;
    config.vms = {toucher("a"), toucher("b")};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.metric("host.vms_blocked") == 2; }, seconds(5)));
    const VirtualTime then = test.host().now();
    test.runUntil(then + seconds(1));
    VERIFY_OK(test.apply(0, PowerOffAction{}));
    const std::uint64_t operations = test.vm(1).meter().operations();
    test.runUntil(then + seconds(2));
    QVERIFY(test.vm(1).meter().operations() > operations);
    QVERIFY(test.vm(1).clock().spent(TimeUse::Blocked) >= milliseconds(990));
    QVERIFY(test.vm(1).clock().spent(TimeUse::Blocked) <= milliseconds(1100));
    compareAccounts(test, 2);
  }

  void hungGuestIsStoppedAtTheSameVirtualTimeEveryTime() {
    std::array<Event, 2> crashes;
    for (Event& crash : crashes) {
      RunConfig config = hostOf(mebibytes(32));
      config.limits.watchdogBlocks = 10'000'000;
      config.vms = {toucher("a"), kernelVm("hung", prebuiltGuest("hostile/endless_loop.elf"), mebibytes(4))};
      TestHost test(config);
      VERIFY_STARTED(test);
      QVERIFY(test.runUntil([&] { return !test.vm(1).on(); }, seconds(1)));
      for (const Event& event : test.events()) {
        if (event.kind == EventKind::Crash) crash = event;
      }
      QVERIFY2(test.vm(1).crashReason().starts_with("hung: 10000000 basic blocks of code without a hypercall"),
               test.vm(1).crashReason().c_str());
      QVERIFY(test.vm(0).on());
    }
    QVERIFY(crashes[0] == crashes[1]);
    // 10 million blocks of 2 ns
    QVERIFY(crashes[0].vmTime >= milliseconds(20) && crashes[0].vmTime < milliseconds(21));
  }

  void signalBeginsTheNextPhaseOnce() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {vmOf("a", "phases", mebibytes(16))};
    config.vms[0].arguments = {{"memory", 5 * kMiB}, {"size1", kMiB}, {"size2", kMiB}, {"size3", kMiB}, {"op_work", 100'000}};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(100));
    QCOMPARE(test.metric("vm.a.guest_phase"), 0u);
    VERIFY_OK(test.apply(0, SignalAction{}));
    test.runUntil(milliseconds(200));
    QCOMPARE(test.metric("vm.a.guest_phase"), 1u);
    VERIFY_OK(test.apply(0, SignalAction{}));
    VERIFY_OK(test.apply(0, SignalAction{}));
    test.runUntil(milliseconds(300));
    QCOMPARE(test.metric("vm.a.guest_phase"), 3u);
  }

  void balloonDriverStartsWhenTheToolsDo() {
    RunConfig config = hostOf(mebibytes(32));
    config.host.timeScale = 100;  // a poll every 10 ms
    config.vms = {toucher("a"), toucher("b")};
    config.vms[0].balloon = true;
    config.vms[0].toolsStart = milliseconds(100);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(95));
    QCOMPARE(test.metric("vm.a.balloon_driver"), 0u);
    test.runUntil(milliseconds(120));
    QCOMPARE(test.metric("vm.a.balloon_driver"), 1u);
    QCOMPARE(test.metric("vm.b.balloon_driver"), 0u);
    QCOMPARE(test.metric("vm.a.balloon_max"), mebibytes(8).value() * 65 / 100 * kPageSize);
  }

  void limitsOfTheRunAreNoticed() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {toucher("a")};
    config.limits.operations = 50;
    TestHost operations(config);
    VERIFY_STARTED(operations);
    QVERIFY(!operations.host().limitReached());
    QVERIFY(operations.runUntil([&] { return operations.host().limitReached().has_value(); }, seconds(5)));
    QCOMPARE(*operations.host().limitReached(), std::string("the limit of 50 operations"));
    QVERIFY(operations.metric("host.operations") >= 50);
  }

  void nestedFaultsAndTimeAreLimitsToo() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {toucher("a")};
    config.limits.nestedFaults = 100;
    {
      TestHost test(config);
      VERIFY_STARTED(test);
      QVERIFY(test.runUntil([&] { return test.host().limitReached().has_value(); }, seconds(5)));
      QCOMPARE(*test.host().limitReached(), std::string("the limit of 100 nested faults"));
    }
    config.limits = {};
    config.limits.time = milliseconds(20);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(10));
    QVERIFY(!test.host().limitReached());
    test.runUntil(milliseconds(20));
    QCOMPARE(*test.host().limitReached(), std::string("the limit of 20000000 ns of virtual time"));
  }

  void shortPausesDoNotHoldAVmBackToOneOperationAQuantum() {
    RunConfig config = hostOf(mebibytes(32));
    config.host.quantum = milliseconds(10);
    config.vms = {vmOf("a", "idle", mebibytes(8))};
    config.vms[0].arguments = {{"working_set", kMiB}, {"files", 0}, {"op_work", 100'000}, {"think", 900'000}};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(2));
    QVERIFY2(test.vm(0).meter().operations() > 1500, std::to_string(test.vm(0).meter().operations()).c_str());
    QVERIFY(test.vm(0).clock().elapsed() > seconds(2) - milliseconds(1));
    compareAccounts(test, 1);
  }

  // Scans, samples and targets go on while every VM sleeps.
  void stoppingAtEveryQuantumChangesNothing() {
    RunConfig config = hostOf(mebibytes(20));
    config.host.timeScale = 600;
    config.host.quantum = milliseconds(1);
    config.vms = {vmOf("a", "idle", mebibytes(8)), vmOf("b", "idle", mebibytes(8))};
    for (VmConfig& vm : config.vms) vm.arguments = {{"working_set", 2 * kMiB}, {"think", 70'000'000}};
    const auto digestAfter = [&](VirtualTime stop) {
      TestHost test(config);
      if (!test.start()) return test.error();
      for (VirtualTime until = stop; until <= seconds(2); until += stop) test.runUntil(until);
      return test.digest();
    };
    QCOMPARE(digestAfter(milliseconds(1)), digestAfter(seconds(2)));
  }

  void guestThatNeverLetsTimePassIsHung() {
    RunConfig config = hostOf(mebibytes(32));
    config.costs.hypercall = VirtualTime(0);
    config.vms = {toucher("a"), kernelVm("bad", prebuiltGuest("hostile/endless_hypercalls.elf"), mebibytes(4))};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(200));
    QVERIFY2(test.vm(1).crashReason().starts_with("hung: "), test.vm(1).crashReason().c_str());
    QVERIFY(test.vm(0).meter().operations() > 500);
  }

  void scriptsOfTwoVmsWriteDifferentBytes() {
    RunConfig config = hostOf(mebibytes(32));
    config.vms = {generated("a", "uniform"), generated("b", "uniform")};
    for (VmConfig& vm : config.vms) vm.operations = 2000;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(20)));
    constexpr std::size_t touchedPages = 1280;
    std::size_t equal = 0;
    const auto &a = test.left("a").pages, &b = test.left("b").pages;
    for (std::size_t gfn = 0; gfn < touchedPages; ++gfn) equal += a[gfn] == b[gfn] ? 1u : 0u;
    QVERIFY2(equal < touchedPages / 20, std::to_string(equal).c_str());
  }

  void hostOfScriptsNeedsNoEmulator() {
    RunConfig config = hostOf(mebibytes(16));
    config.backend = Backend::Script;
    config.vms = {generated("a", "sequential")};
    TestHost test(config);
    VERIFY_STARTED(test);
    QCOMPARE(test.host().engine(), std::string("script"));
    config.vms.push_back(toucher("b"));
    QVERIFY(TestHost(config).error().starts_with("the script backend has no CPU"));
  }

  void missingBackendIsToldApart() {
    RunConfig config = hostOf(mebibytes(16));
    config.backend = Backend::Kvm;
    config.vms = {toucher("a")};
    EventLog log;
    NoKvm kernel;
    const auto host = Host::create(config, {prebuiltGuest("overcommit-guest.elf"), "/tmp", {}, {}, {}, {}, &kernel}, log);
    QVERIFY(!host && backendUnavailable(host.error()));
    config.backend = Backend::Auto;
    const auto missing = Host::create(config, {"/nonexistent.elf", "/tmp", {}, {}}, log);
    QVERIFY(!missing && !backendUnavailable(missing.error()));
    QVERIFY2(missing.error().text.starts_with("cannot read the guest /nonexistent.elf: "), missing.error().text.c_str());
  }

  void kernelThatIsNoElfFileIsAnErrorAtPowerOn() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {kernelVm("a", prebuiltGuest("SHA256SUMS"), mebibytes(4))};
    TestHost test(config);
    QVERIFY(!test.start());
    QVERIFY2(test.error().starts_with("VM a cannot boot its kernel: "), test.error().c_str());
  }

  void unknownProgramPanicsInTheGuest() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {vmOf("a", "no-such-program", mebibytes(8))};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(1)));
    QVERIFY2(test.vm(0).crashReason().starts_with("the guest kernel panicked: this kernel has no program no-such-program"),
             test.vm(0).crashReason().c_str());
  }

  void crashedVmCanBeSwitchedOnAgain() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {vmOf("a", "no-such-program", mebibytes(8))};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(1)));
    VERIFY_OK(test.apply(0, PowerOnAction{}));
    QVERIFY(test.vm(0).on() && test.vm(0).crashReason().empty());
    QVERIFY(test.runUntilOff(seconds(2)));
    QCOMPARE(test.count(EventKind::Crash), 2u);
  }

  void settingsThatCannotBeAppliedAreErrors() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {toucher("a")};
    TestHost test(config);
    VERIFY_STARTED(test);
    QCOMPARE(test.apply(0, SetAction{"memory", 1}).error().text,
             std::string("a has no setting \"memory\" that can be changed while it runs"));
    QCOMPARE(test.apply(0, SetAction{"shares", std::nullopt}).error().text,
             std::string("a has no setting \"shares\" that can be changed while it runs"));
    QCOMPARE(test.apply(0, SetAction{"reservation", 2049}).error().text,
             std::string("the reservation of a would be larger than its memory"));
    QCOMPARE(test.apply(std::nullopt, SetAction{"SwapEnable", std::nullopt}).error().text,
             std::string("the host option SwapEnable needs a number"));
    QCOMPARE(test.apply(std::nullopt, PowerOffAction{}).error().text, std::string("only settings can be changed on the host; name a VM"));
    QCOMPARE(test.count(EventKind::SettingChange), 0u);
    VERIFY_OK(test.apply(0, SetAction{"shares", 7}));
    QCOMPARE(test.metric("vm.a.shares"), 7u);
    QCOMPARE(test.count(EventKind::SettingChange), 1u);
  }

  void hostOptionsActWhileItRuns() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {toucher("a")};
    TestHost test(config);
    VERIFY_STARTED(test);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"MemMinFreePct", 50}));
    QCOMPARE(test.metric("host.minfree"), 8 * kMiB);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"MemMinFreePct", 0}));
    QCOMPARE(test.metric("host.minfree"), pagesOf(Bytes(16 * kMiB * 6 / 100)).value() * kPageSize);
  }

  // The hypervisor never learns what a guest frees.
  void memoryThatAGuestFreedStaysUsedForTheHost() {
    RunConfig config = hostOf(mebibytes(16));
    config.vms = {toucher("a")};
    config.vms[0].arguments = {{"working_set", 5 * kMiB}, {"size2", kMiB}, {"hold", 200}, {"op_work", 100'000}};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 190; }, seconds(2)));
    const std::uint64_t granted = test.metric("vm.a.granted"), freeInGuest = test.metric("vm.a.guest_free"),
                        freeInHost = test.metric("host.free");
    QVERIFY(granted > 5 * kMiB);
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 210; }, seconds(2)));
    QVERIFY(test.metric("vm.a.guest_free") >= freeInGuest + 4 * kMiB);
    QCOMPARE(test.metric("vm.a.granted"), granted);
    QCOMPARE(test.metric("host.free"), freeInHost);
    // What it takes again is no first touch.
    const std::uint64_t touches = test.metric("vm.a.first_touches");
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 410; }, seconds(2)));
    QVERIFY(test.metric("vm.a.guest_free") <= freeInGuest + kMiB);
    QVERIFY(test.metric("vm.a.first_touches") <= touches + 4);
  }

 private:
  std::string digest_;  // of the mixed host
};

OVERCOMMIT_TEST(RunLoopTest)
#include "run_loop_test.moc"

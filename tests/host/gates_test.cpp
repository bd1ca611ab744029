// SPDX-License-Identifier: GPL-2.0-or-later
// A technique whose gate is locked shut takes nothing any more, and the others go on.
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// Two scripts with equal pages, pages that compress and pages that do not, on a host for one and a half of them.
RunConfig pressedHost() {
  RunConfig config = hostOf(mebibytes(10));
  config.host.timeScale = 100;
  config.host.options["ShareForceSalting"] = 0;
  config.disk.serviceTime = microseconds(20);
  for (const char* name : {"a", "b"}) {
    VmConfig vm = vmOf(name, "", mebibytes(8));
    vm.image = {};
    vm.generator = "uniform";
    vm.arguments = {{"working_set", 7 * kMiB}, {"same", 300}, {"text", 600}};
    config.vms.push_back(vm);
  }
  return config;
}

// One guest with a balloon, on a host where nothing but a limit can press it.
RunConfig limitedGuest() {
  RunConfig config = hostOf(mebibytes(64));
  config.host.timeScale = 100;
  config.disk.serviceTime = microseconds(20);
  VmConfig vm = vmOf("a", "toucher", mebibytes(8));
  vm.arguments = {{"working_set", 3 * kMiB}, {"op_work", 100'000}};
  vm.balloon = true;
  config.vms = {vm};
  return config;
}

}  // namespace

class GatesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingPassesALockedGate_data() {
    QTest::addColumn<QString>("option");
    QTest::addColumn<int>("kind");
    const auto row = [](const char* option, EventKind kind) { QTest::newRow(option) << option << static_cast<int>(kind); };
    row("GateShare", EventKind::Share);
    row("GateZip", EventKind::Zip);
    row("GateSwap", EventKind::SwapOut);
  }
  // In mid-run: it happens before, not while the gate is locked, and again when it is open.
  void nothingPassesALockedGate() {
    QFETCH(const QString, option);
    QFETCH(const int, kind);
    const auto passing = static_cast<EventKind>(kind);
    TestHost test(pressedHost());
    for (const EventKind each : {EventKind::Share, EventKind::Zip, EventKind::SwapOut}) test.keep(each);
    VERIFY_STARTED(test);
    QVERIFY2(test.runUntil([&] { return test.count(passing) > 20; }, seconds(1)), "the host presses until it does");
    VERIFY_OK(test.apply(std::nullopt, SetAction{option.toStdString(), 0}));
    const std::uint64_t before = test.count(passing);
    const std::size_t all = test.events().size();
    const VirtualTime locked = test.host().now();
    test.runUntil(locked + milliseconds(100));
    QCOMPARE(test.count(passing), before);
    QVERIFY2(test.events().size() > all, "the others go on");
    VERIFY_OK(test.apply(std::nullopt, SetAction{option.toStdString(), 1}));
    QVERIFY(test.runUntil([&] { return test.count(passing) > before; }, locked + seconds(1)));
    QCOMPARE(test.count(EventKind::Crash), 0u);
    test.host().finish();
  }

  // It is asked for everything back, and the limit is left to the swap file.
  void aLockedBalloonIsEmptied() {
    TestHost test(limitedGuest());
    test.keep(EventKind::SwapOut);
    VERIFY_STARTED(test);
    const auto busy = [&] { return test.metric("vm.a.balloon_driver") == 1 && test.vm(0).meter().operations() > 300; };
    QVERIFY(test.runUntil(busy, seconds(5)));
    VERIFY_OK(test.apply(0, SetAction{"limit", (test.vm(0).memory()->allocated() - Pages(200)).value()}));
    QVERIFY(test.runUntil([&] { return ballooned(test) >= 50; }, test.host().now() + seconds(2)));
    VERIFY_OK(test.apply(std::nullopt, SetAction{"GateBalloon", 0}));
    const VirtualTime locked = test.host().now();
    QVERIFY(test.runUntil([&] { return ballooned(test) == 0; }, locked + seconds(2)));
    QVERIFY(test.runUntil([&] { return test.count(EventKind::SwapOut) > 0; }, locked + seconds(2)));
    QCOMPARE(ballooned(test), 0u);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"GateBalloon", 1}));
    const VirtualTime opened = test.host().now();
    QVERIFY(test.runUntil([&] { return ballooned(test) > 0; }, opened + seconds(2)));
    test.host().finish();
  }

  // VMs that are powered on while a gate is locked, and those whose own setting changes meanwhile, stay behind it.
  void aLockedGateIsStrongerThanTheVmsOwnSettings() {
    RunConfig config = pressedHost();
    config.host.options["GateShare"] = 0;
    config.vms[1].start.reset();
    TestHost test(config);
    test.keep(EventKind::Share);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(20));
    VERIFY_OK(test.apply(1, PowerOnAction{}));
    for (const std::size_t vm : {std::size_t{0}, std::size_t{1}}) VERIFY_OK(test.apply(vm, SetAction{"sharing", 1}));
    test.runUntil(milliseconds(150));
    QCOMPARE(test.count(EventKind::Share), 0u);
    QVERIFY(test.count(EventKind::ReclaimStart) > 0);
    // An open gate does not overrule a VM that is not to share.
    VERIFY_OK(test.apply(0, SetAction{"sharing", 0}));
    VERIFY_OK(test.apply(std::nullopt, SetAction{"GateShare", 1}));
    test.runUntil(milliseconds(200));
    QCOMPARE(test.count(EventKind::Share, 0), 0u);
    VERIFY_OK(test.apply(0, SetAction{"sharing", 1}));
    QVERIFY(test.runUntil([&] { return test.count(EventKind::Share, 0) > 0; }, seconds(1)));
    test.host().finish();
  }

  // With no way out, a full host blocks whoever touches more, and nobody dies; once there is a way, they go on.
  void withAllGatesLockedVmsAreBlockedNotLost() {
    RunConfig config = pressedHost();
    for (const char* gate : {"GateShare", "GateSwap", "GateZip", "GateBalloon"}) config.host.options[gate] = 0;
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.count(EventKind::Block) > 0; }, seconds(1)));
    test.runUntil(test.host().now() + milliseconds(50));
    QCOMPARE(test.count(EventKind::Crash), 0u);
    VERIFY_OK(test.apply(std::nullopt, SetAction{"GateSwap", 1}));
    const VirtualTime opened = test.host().now();
    QVERIFY(test.runUntil([&] { return test.count(EventKind::Unblock) > 0; }, opened + seconds(1)));
    QCOMPARE(test.count(EventKind::Crash), 0u);
    test.host().finish();
  }
};

OVERCOMMIT_TEST(GatesTest)
#include "gates_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
// A technique whose gate is locked shut takes nothing any more, what it has taken comes back as it is touched, and the others go on.
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// A host on which everything happens: two small emulated VMs with equal images, and a script that wants more than there is.
RunConfig busyHost() {
  RunConfig config = hostOf(mebibytes(20));
  config.host.represents = Bytes(640 * kMiB);
  config.host.timeScale = 100;
  config.disk.serviceTime = microseconds(20);
  for (const char* name : {"a", "b"}) {
    VmConfig vm = vmOf(name, "toucher", mebibytes(8));
    vm.arguments = {{"working_set", 3 * kMiB}, {"size2", 6 * kMiB}, {"hold", 20}};
    vm.balloon = true;
    config.vms.push_back(vm);
  }
  VmConfig played = vmOf("played", "", mebibytes(16));
  played.image = {};
  played.generator = "zipf";
  played.arguments = {{"working_set", 14 * kMiB}};
  config.vms.push_back(played);
  return config;
}

struct Gated {
  const char* option;
  EventKind kind;  // what goes through the gate
};

}  // namespace

class GatesTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingPassesALockedGate_data() {
    QTest::addColumn<QString>("option");
    QTest::addColumn<int>("kind");
    const auto row = [](const char* option, EventKind kind) { QTest::newRow(option) << option << static_cast<int>(kind); };
    row("GateShare", EventKind::Share);
    row("GateBalloon", EventKind::Inflate);
    row("GateZip", EventKind::Zip);
    row("GateSwap", EventKind::SwapOut);
  }
  // In mid-run: it happens before, not while the gate is locked, and again when it is open.
  void nothingPassesALockedGate() {
    QFETCH(const QString, option);
    QFETCH(const int, kind);
    const auto passing = static_cast<EventKind>(kind);
    TestHost test(busyHost());
    test.keep(EventKind::Share);
    test.keep(EventKind::Zip);
    test.keep(EventKind::SwapOut);
    VERIFY_STARTED(test);
    const bool before = test.runUntil([&] { return test.count(passing) > 20; }, seconds(3));
    QVERIFY2(before, "the host presses until it does");
    VERIFY_OK(test.apply(std::nullopt, SetAction{option.toStdString(), 0}));
    const std::uint64_t there = test.count(passing);
    const std::uint64_t others = test.events().size();
    const VirtualTime locked = test.host().now();
    test.runUntil(locked + milliseconds(300));
    // A balloon driver that was told a target may finish the batch that it is at.
    const std::uint64_t late = passing == EventKind::Inflate ? 600 : 0;
    QVERIFY2(test.count(passing) <= there + late, qPrintable(QString::number(test.count(passing) - there)));
    QVERIFY2(test.events().size() > others, "the run goes on");
    const std::uint64_t stayed = test.count(passing);
    VERIFY_OK(test.apply(std::nullopt, SetAction{option.toStdString(), 1}));
    QVERIFY(test.runUntil([&] { return test.count(passing) > stayed; }, locked + seconds(5)));
    test.host().finish();
  }

  // VMs that are powered on while a gate is locked, and those whose own setting changes meanwhile, stay behind it.
  void aLockedGateIsStrongerThanTheVmsOwnSettings() {
    RunConfig config = busyHost();
    config.host.options["GateShare"] = 0;
    config.host.options["GateBalloon"] = 0;
    config.vms[1].start.reset();
    TestHost test(config);
    test.keep(EventKind::Share);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(100));
    VERIFY_OK(test.apply(1, PowerOnAction{}));
    for (const std::size_t vm : {std::size_t{0}, std::size_t{1}}) {
      VERIFY_OK(test.apply(vm, SetAction{"sharing", 1}));
      VERIFY_OK(test.apply(vm, SetAction{"balloon", 1}));
    }
    test.runUntil(milliseconds(800));
    QCOMPARE(test.count(EventKind::Share), 0u);
    QCOMPARE(test.count(EventKind::Inflate), 0u);
    test.host().finish();
  }

  // With no way out but the balloon, a full host blocks whoever touches more, and nobody dies.
  void withAllGatesToTheDiskLockedVmsAreBlockedNotLost() {
    RunConfig config = busyHost();
    config.host.options["GateSwap"] = 0;
    config.host.options["GateZip"] = 0;
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(600));
    QCOMPARE(test.count(EventKind::Crash), 0u);
    QVERIFY(test.count(EventKind::Block) > 0 || test.count(EventKind::Inflate) > 0);
    test.host().finish();
  }
};

OVERCOMMIT_TEST(GatesTest)
#include "gates_test.moc"

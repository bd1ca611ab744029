// SPDX-License-Identifier: GPL-2.0-or-later
// What goes wrong with a swap file stops the VM concerned, with a reason that names the file and the slot, and nobody else; and no
// swap file outlives its run, however that ends.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>

#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kTouches = 300;

// Two VMs of 8 MiB on a host of 10 MiB that neither shares nor compresses: both are swapped.
RunConfig tightHost() {
  RunConfig config = hostOf(mebibytes(10));
  config.host.options = {{"MemZipEnable", 0}, {"ShareRateMax", 0}};
  config.costs.diskRead = config.costs.swapRead = microseconds(20);
  config.costs.swapWrite = microseconds(10);
  for (const char* name : {"a", "b"}) {
    VmConfig vm = vmOf(name, "toucher", mebibytes(8));
    vm.arguments = {{"working_set", 5 * kMiB}, {"op_work", 100'000}};
    vm.operations = kTouches;
    config.vms.push_back(vm);
  }
  return config;
}

std::string resultsOf(const TestHost& test, std::size_t vm) { return test.vm(vm).meter().resultDigest().text(); }

}  // namespace

class SwapFaultsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    TestHost test(tightHost());
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(10)));
    QVERIFY(test.vm(1).counters().swapIns > 50);
    results_ = resultsOf(test, 1);
  }

  void badSwapFileStopsItsVmAndNoOther_data() {
    QTest::addColumn<int>("fault");
    QTest::addColumn<QString>("reason");
    QTest::newRow("disk full") << static_cast<int>(DeviceFault::SwapDiskFull)
                               << R"(swap-out of guest frame \d+ failed: cannot write page \d+ of a\.vswp: no space left on device.*)";
    QTest::newRow("short write")
        << static_cast<int>(DeviceFault::SwapShortWrite)
        << R"(swap-out of guest frame \d+ failed: cannot write page \d+ of a\.vswp: the disk took only part of it.*)";
    QTest::newRow("read error") << static_cast<int>(DeviceFault::SwapReadError)
                                << R"(swap-in of guest frame \d+ failed: cannot read page \d+ of a\.vswp: input/output error.*)";
    QTest::newRow("corrupt slot")
        << static_cast<int>(DeviceFault::SwapCorruptSlot)
        << R"(swap-in of guest frame \d+ failed: slot \d+ of a\.vswp does not hold what was written to it: its checksum differs.*)";
  }

  void badSwapFileStopsItsVmAndNoOther() {
    QFETCH(int, fault);
    QFETCH(QString, reason);
    TestHost test(tightHost());
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).counters().swapIns > 10; }, seconds(10)));
    VERIFY_OK(test.apply(0, FaultAction{static_cast<DeviceFault>(fault), 1}));
    QVERIFY(test.runUntilOff(seconds(10)));
    QCOMPARE(test.vm(0).state(), VmState::Crashed);
    QVERIFY2(std::regex_match(test.vm(0).crashReason(), std::regex(reason.toStdString())), test.vm(0).crashReason().c_str());
    QVERIFY(test.vm(0).meter().operations() < kTouches);
    QCOMPARE(test.vm(1).state(), VmState::Off);
    QCOMPARE(test.vm(1).meter().operations(), kTouches);
    QCOMPARE(resultsOf(test, 1), results_);
    QCOMPARE(test.host().machine().free() + test.host().machine().count(FrameUse::Overhead), test.host().machine().frames());
  }

  void guestWhoseOwnDiskFailsPanicsAndNoOther() {
    RunConfig config = tightHost();
    config.vms[0].program = "webserver";
    config.vms[0].arguments = {{"working_set", kMiB}, {"files", 4 * kMiB}, {"op_work", 100'000}};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).meter().operations() > 10; }, seconds(10)));
    VERIFY_OK(test.apply(0, FaultAction{DeviceFault::GuestDiskError, 1}));
    QVERIFY(test.runUntilOff(seconds(10)));
    QVERIFY2(test.vm(0).crashReason().starts_with("the guest kernel panicked: image disk: cannot read block"),
             test.vm(0).crashReason().c_str());
    QCOMPARE(resultsOf(test, 1), results_);
  }

  void swapFilesHaveNoNameEvenDuringTheRun() {
    TestHost test(tightHost());
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(0).counters().swapOuts > 10; }, seconds(10)));
    QVERIFY(std::filesystem::is_empty(test.swapDirectory()));
  }

  void swapFilesAreGoneAfterTheProcessIsKilled() {
    QTemporaryDir directory;
    int ready[2];
    QCOMPARE(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      EventLog log;
      auto host = Host::create(tightHost(), {prebuiltGuest("overcommit-guest.elf"), directory.path().toStdString(), {}, {}}, log);
      if (!host || !(*host)->start()) _exit(1);
      while ((*host)->vms()[0]->counters().swapOuts < 10) (*host)->step(seconds(10));
      static_cast<void>(!write(ready[1], "x", 1));
      for (;;) pause();
    }
    close(ready[1]);
    char byte = 0;
    const bool swapped = read(ready[0], &byte, 1) == 1;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    close(ready[0]);
    QVERIFY(swapped && WIFSIGNALED(status));
    QVERIFY(std::filesystem::is_empty(directory.path().toStdString()));
  }

  void swapDirectoryThatDoesNotExistIsAnErrorThatNamesFileAndDirectory() {
    EventLog log;
    auto host = Host::create(tightHost(), {prebuiltGuest("overcommit-guest.elf"), "/nonexistent", {}, {}}, log);
    VERIFY_OK(host);
    const auto started = (*host)->start();
    QVERIFY(!started);
    QVERIFY2(started.error().text.starts_with("cannot create a.vswp in /nonexistent: "), started.error().text.c_str());
  }

  void swapFileIsAsLargeAsMemoryWithoutReservation() {
    RunConfig config = tightHost();
    config.vms[0].reservation = mebibytes(2);
    TestHost test(config);
    VERIFY_STARTED(test);
    QCOMPARE(test.metric("vm.a.swap_file"), 6 * kMiB);
    QCOMPARE(test.metric("vm.b.swap_file"), 8 * kMiB);
  }

 private:
  std::string results_;
};

OVERCOMMIT_TEST(SwapFaultsTest)
#include "swap_faults_test.moc"

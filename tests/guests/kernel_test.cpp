// SPDX-License-Identifier: GPL-2.0-or-later
// The guest kernel under its own pressure: in a machine too small for its program it pages to its swap disk, and the program computes
// the same results as in a large one.
#include "host/support/test_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

struct Run {
  std::string results, ending;
  std::uint64_t swapOuts = 0, majorFaults = 0, oomKills = 0;
};

Run runGuest(const std::string& program, std::vector<NamedArgument> arguments, Pages memory, Pages swap, std::uint64_t operations) {
  RunConfig config = hostOf(mebibytes(96));
  VmConfig vm = vmOf("guest", program, memory);
  vm.arguments = std::move(arguments);
  vm.guestSwap = swap;
  vm.operations = operations;
  config.vms.push_back(vm);
  TestHost test(std::move(config));
  Run run;
  test.beforeRelease = [&](const VirtualMachine&) {
    run.swapOuts = test.metric("vm.guest.guest_swap_outs");
    run.majorFaults = test.metric("vm.guest.guest_major_faults");
    run.oomKills = test.metric("vm.guest.guest_oom_kills");
  };
  if (!test.start()) {
    run.ending = test.error();
    return run;
  }
  const bool off = test.runUntilOff(seconds(3000));
  run.ending = off ? test.vm(0).crashReason() : "it is still running";
  run.results = test.vm(0).meter().resultDigest().text();
  return run;
}

}  // namespace

class KernelTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void pagingOutDoesNotChangeResults_data();
  void pagingOutDoesNotChangeResults();
  void leakIsKilledAndTheMachineGoesOn();
};

void KernelTest::pagingOutDoesNotChangeResults_data() {
  QTest::addColumn<std::vector<NamedArgument>>("arguments");
  QTest::newRow("toucher") << std::vector<NamedArgument>{{"working_set", 7 * kMiB}, {"size2", 2 * kMiB}, {"hold", 300}, {"zero_thread", 1}};
  QTest::newRow("webserver") << std::vector<NamedArgument>{{"working_set", 7 * kMiB}, {"files", 4 * kMiB}};
  QTest::newRow("database") << std::vector<NamedArgument>{{"pool", 7 * kMiB}, {"table", 9 * kMiB}};
  QTest::newRow("java-heap") << std::vector<NamedArgument>{{"heap", 7 * kMiB}};
  QTest::newRow("phases") << std::vector<NamedArgument>{{"memory", 7 * kMiB}, {"size1", 4 * kMiB}, {"size2", kMiB}, {"size3", 6 * kMiB},
                                                        {"size5", 2 * kMiB},  {"size6", 3 * kMiB}, {"hold", 100}};
}

void KernelTest::pagingOutDoesNotChangeResults() {
  QFETCH(const std::vector<NamedArgument>, arguments);
  const std::string program = QTest::currentDataTag();
  const Run large = runGuest(program, arguments, mebibytes(32), mebibytes(16), 700);
  const Run small = runGuest(program, arguments, mebibytes(8), mebibytes(16), 700);
  QCOMPARE(large.ending, std::string());
  QCOMPARE(small.ending, std::string());
  QCOMPARE(large.swapOuts, std::uint64_t{0});
  QVERIFY(small.swapOuts > 50 && small.majorFaults > 10);
  QCOMPARE(small.results, large.results);
}

void KernelTest::leakIsKilledAndTheMachineGoesOn() {
  const Run run = runGuest("leak", {{"restart", 1}, {"step", 65536}}, mebibytes(8), mebibytes(2), 300);
  QCOMPARE(run.ending, std::string());
  QVERIFY(run.oomKills >= 1);
}

OVERCOMMIT_TEST(KernelTest)
#include "kernel_test.moc"

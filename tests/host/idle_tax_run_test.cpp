// SPDX-License-Identifier: GPL-2.0-or-later
// Two VMs of equal shares on a host that is too small for both (W02 section 5.2): they settle where P2 - P1 = tau (A2 - A1).
#include <cstdlib>

#include "support/script_vms.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kSize = 4096, kActive1 = 205, kActive2 = 3686;
constexpr double kTau = 0.75;

// Touches all of its memory once and then `active` pages of it every two seconds.
std::string usesOf(std::uint64_t active) {
  std::string text = "write 0 " + std::to_string(kSize) + " random\n";
  for (int i = 0; i < 400; ++i) text += "read 0 " + std::to_string(active) + "\noperation 1ms\nwait 2s\n";
  return text;
}

RunConfig twoVms(Scripts& scripts) {
  RunConfig config = hostOf(Pages(5600));
  config.audit = false;
  config.duration = seconds(600);
  config.host.timeScale = 10;  // samples of 6 s
  config.host.options["AllocGuestLargePage"] = 0;
  config.host.options["IdleTaxType"] = 0;
  config.host.options["ShareScanGHz"] = 0;
  config.host.options["MemZipEnable"] = 0;
  config.costs.swapRead = microseconds(10);
  config.costs.swapWrite = microseconds(10);
  config.costs.swapInFault = microseconds(1);
  config.vms = {scripts.vm("idle", Pages(kSize), usesOf(kActive1)), scripts.vm("busy", Pages(kSize), usesOf(kActive2))};
  for (VmConfig& vm : config.vms) vm.shares = 1000;
  return config;
}

double value(Pages pages) { return static_cast<double>(pages.value()); }

}  // namespace

class IdleTaxRunTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void twoEqualVmsSettleWhereTheTaxSays() {
    Scripts scripts;
    TestHost test(twoVms(scripts));
    test.keep(EventKind::TargetSet);
    VERIFY_STARTED(test);
    test.runUntil(seconds(100));  // both averages have found their values
    std::size_t seen = test.events().size();
    double targets = 0, memory = 0;
    int settled = 0, boundaries = 0;
    while (test.host().now() < seconds(300)) {
      test.host().step(seconds(300));
      const VmMemory& idle = *test.vm(0).memory();
      const VmMemory& busy = *test.vm(1).memory();
      memory += value(busy.allocated());
      ++boundaries;
      if (test.events().size() == seen) continue;
      seen = test.events().size();
      // What the trace says of the newest targets is what they were computed with.
      for (const VmMemory* vm : {&idle, &busy}) {
        const auto event = std::find_if(test.events().rbegin(), test.events().rend(),
                                        [vm](const Event& each) { return each.kind == EventKind::TargetSet && each.vm == vm->id; });
        QCOMPARE(event->values[0], vm->target.value());
      }
      if (idle.target < idle.active || busy.target < busy.active || busy.target >= Pages(kSize)) continue;
      ++settled;
      const double gap = value(busy.target) - value(idle.target), tax = kTau * (value(busy.active) - value(idle.active));
      QVERIFY2(std::abs(gap - tax) <= 1.0, qPrintable(QString("gap %1, tax %2").arg(gap).arg(tax)));
      targets += gap;
    }
    QVERIFY2(settled > 20, std::to_string(settled).c_str());
    const double truth = kTau * static_cast<double>(kActive2 - kActive1);
    const QString found = QString("the gap is %1, by the true activity it would be %2").arg(targets / settled).arg(truth);
    QVERIFY2(std::abs(targets / settled - truth) <= 0.08 * truth, qPrintable(found));
    // Memory follows demand: the busy VM has what it uses, and leaves the rest of its target where it is.
    QVERIFY2(memory / boundaries >= 0.97 * static_cast<double>(kActive2), qPrintable(QString::number(memory / boundaries)));
  }

  void withoutTaxTheyHaveTheSame() {
    Scripts scripts;
    RunConfig config = twoVms(scripts);
    config.host.options["IdleTax"] = 0;
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(60));
    const std::uint64_t idle = test.vm(0).memory()->target.value(), busy = test.vm(1).memory()->target.value();
    QVERIFY(busy - idle <= 1);
  }
};

OVERCOMMIT_TEST(IdleTaxRunTest)
#include "idle_tax_run_test.moc"

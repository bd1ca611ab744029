// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

VmConfig scripted(const std::string& name, Pages memory) {
  VmConfig vm = vmOf(name, "", memory);
  vm.generator = "sequential";
  vm.image = {};
  return vm;
}

}  // namespace

class LargePagesHostTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void vmOf64MiBIsBackedByLargePagesAndASmallerOneIsNot() {
    RunConfig config = hostOf(mebibytes(160));
    config.audit = false;
    config.vms = {scripted("large", mebibytes(64)), scripted("small", mebibytes(62))};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(200));
    QCOMPARE(test.metric("vm.large.large_pages"), bytesOf(mebibytes(64)).value());
    QCOMPARE(test.metric("vm.large.large_touches"), 32u);
    QCOMPARE(test.metric("vm.small.large_pages"), 0u);
    QCOMPARE(test.metric("host.large_pages"), bytesOf(mebibytes(64)).value());
    QCOMPARE(test.metric("vm.large.private"), bytesOf(mebibytes(64)).value());
  }

  void optionChangedInMidRunActsOnTouchesToCome() {
    RunConfig config = hostOf(mebibytes(160));
    config.audit = false;
    config.vms = {scripted("large", mebibytes(64))};
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.metric("vm.large.large_touches") >= 4; }, seconds(1)));
    const std::uint64_t before = test.metric("vm.large.large_pages");
    QVERIFY(test.apply({}, SetAction{"AllocGuestLargePage", 0}).has_value());
    test.runUntil(milliseconds(200));
    QCOMPARE(test.metric("vm.large.large_pages"), before);
    QCOMPARE(test.metric("vm.large.private"), bytesOf(mebibytes(64)).value());
  }

  void walkOfAGuestEndsAtLevel2InALargePage() {
    RunConfig config = hostOf(mebibytes(48));
    config.host.options["AllocGuestLargePage"] = 1;
    config.vms = {vmOf("guest", "toucher", mebibytes(16))};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(300));
    QVERIFY(test.metric("vm.guest.large_pages") > 0);
    std::uint64_t three = 0;
    for (std::uint64_t page = 0; page < 4096; page += 16) {
      for (const auto& steps : test.host().walk(VmId(0), Gva(page * kPageSize)).nested) {
        const bool large = steps.back().level == 2 && steps.back().entry.large();
        QCOMPARE(steps.size(), large ? std::size_t{3} : std::size_t{4});
        three += large ? 1u : 0u;
      }
    }
    QVERIFY(three > 0);
  }

  void esx6BreaksLargePagesBelowTheHighThresholdAndEsx5DoesNot() {
    for (const char* profile : {"esx5", "esx6"}) {
      RunConfig config = hostOf(mebibytes(96));
      config.host.profile = profile;
      config.vms = {scripted("first", mebibytes(64)), scripted("second", mebibytes(24))};
      config.vms[1].start = milliseconds(400);
      TestHost test(config);
      test.keep(EventKind::LargeBreak);
      VERIFY_STARTED(test);
      test.runUntil(milliseconds(399));
      QCOMPARE(test.count(EventKind::LargeBreak), 0u);
      QVERIFY(test.metric("vm.first.large_pages") >= bytesOf(mebibytes(64)).value());
      test.runUntil(milliseconds(430));
      const auto pressure = std::ranges::count_if(test.events(), [](const Event& event) {
        return event.kind == EventKind::LargeBreak && event.values[0] == static_cast<std::uint64_t>(LargeBreakReason::Pressure);
      });
      QCOMPARE(pressure > 0, std::string(profile) == "esx6");
    }
  }
};

OVERCOMMIT_TEST(LargePagesHostTest)
#include "large_pages_host_test.moc"

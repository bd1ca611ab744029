// SPDX-License-Identifier: GPL-2.0-or-later
// Sharing when much happens at once: all VMs become equal, all of them write, guests write while they are scanned, and hashes collide.
#include "reclaim/sharing_host.h"
#include "support/script_vms.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kVms = 4, kPagesEach = 1500;

// A host of 16 MiB whose VMs could fill 24, and on which a scan of everything takes 6 s.
RunConfig stormHost() {
  RunConfig config = fastDisks(hostOf(mebibytes(16)));
  config.host.timeScale = 100;
  config.host.options["ShareScanTime"] = 10;
  config.host.options["ShareScanGHz"] = 32;
  config.host.options["ShareRateMax"] = 32768;
  return config;
}

std::string pages(std::uint64_t count, const std::string& content) { return "0 " + std::to_string(count) + " " + content + "\n"; }

bool nobodyCrashed(const TestHost& test) { return test.metric("host.vms_crashed") == 0; }

}  // namespace

class StormsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // From one instant to the next all pages of all VMs are the same.
  void shareStormEndsInOneFrame() {
    Scripts scripts;
    RunConfig config = stormHost();
    config.host.memory = mebibytes(32);
    config.host.represents = bytesOf(config.host.memory);
    for (std::uint64_t i = 0; i < kVms; ++i) {
      config.vms.push_back(scripts.vm("vm" + std::to_string(i), mebibytes(8),
                                      "write " + pages(kPagesEach, "random " + std::to_string(i)) + "wait 1s\nwrite " +
                                          pages(kPagesEach, "same 7") + "wait 100s\nread 0 " + std::to_string(kPagesEach) + "\nhalt\n"));
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(milliseconds(900));
    QCOMPARE(test.host().machine().count(FrameUse::Shared).value(), 0u);
    test.runUntil(seconds(60));
    QCOMPARE(test.host().machine().count(FrameUse::Shared).value(), 1u);
    QVERIFY(test.metric("host.share_saving") > kVms * kPagesEach * kPageSize * 99 / 100);
    QVERIFY(test.runUntilOff(seconds(150)));
    QVERIFY(nobodyCrashed(test));
  }

  // The opposite: 24 MiB of equal pages on a host of 16 MiB, and all are written at once.
  void breakStormDropsTheHostFromHighToLowAndItSurvives() {
    Scripts scripts;
    RunConfig config = stormHost();
    config.costs.swapWrite = microseconds(500);  // a disk that cannot keep up
    for (std::uint64_t i = 0; i < kVms; ++i) {
      config.vms.push_back(scripts.vm("vm" + std::to_string(i), mebibytes(8),
                                      "write " + pages(kPagesEach, "same 7") + "wait " + std::to_string(100 - i * 20) + "s\nwrite " +
                                          pages(kPagesEach, "random " + std::to_string(i)) + "wait 5s\nread 0 " +
                                          std::to_string(kPagesEach) + "\noperation 1ms\nhalt\n"));
      config.vms.back().start = seconds(i * 20);  // one after the other, so that what was written is shared before the next comes
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(99));
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
    QVERIFY(test.host().machine().free() > mebibytes(10));
    std::vector<FreeState> states;
    VirtualTime low, high = seconds(99);
    QVERIFY(test.runUntil([&] { return test.host().allOff(); }, seconds(400)));
    for (const Event& event : test.events()) {
      if (event.kind != EventKind::FreeStateChange || event.hostTime < seconds(99)) continue;
      const auto state = static_cast<FreeState>(event.values[0]);
      states.push_back(state);
      if (static_cast<FreeState>(event.values[1]) == FreeState::High && low == VirtualTime(0)) high = event.hostTime;
      if (state == FreeState::Low && low == VirtualTime(0)) low = event.hostTime;
    }
    QVERIFY2(std::ranges::find(states, FreeState::Low) != states.end(), "the host was in low");
    QVERIFY2(low - high < seconds(5), std::to_string((low - high).value()).c_str());
    QVERIFY(nobodyCrashed(test));
    QCOMPARE(test.metric("host.operations"), kVms);
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
  }

  // Guests write all the time to what is scanned and shared; they check every page that they read.
  void guestThatWritesDuringAScanNeverReadsAnythingElse() {
    RunConfig config = stormHost();
    config.host.timeScale = 1000;
    for (std::uint64_t i = 0; i < kVms; ++i) {
      config.vms.push_back(generatorVm("vm" + std::to_string(i), "uniform", mebibytes(4),
                                       {{"same", 700}, {"write", 500}, {"touches", 8}, {"work", 1'000'000}, {"operations", 1500}}));
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(60)));
    QVERIFY(nobodyCrashed(test));
    QCOMPARE(test.metric("host.operations"), 1500 * kVms);
    QVERIFY2(test.metric("host.breaks") > 1000, std::to_string(test.metric("host.breaks")).c_str());
  }

  // All hashes are one of four, so that nearly everything collides; and before a swap, too, nothing is shared that is not equal.
  void collidingHashesShareNothingFalsely() {
    ShareSettings settings = quiet();
    settings.hash = &weakHash;
    SharingHost host(Pages(512), settings);
    VmMemory& a = host.powerOn(0, Pages(200));
    VmMemory& b = host.powerOn(1, Pages(200));
    for (std::uint64_t gfn = 8; gfn < 200; ++gfn) {
      host.write(a, gfn, gfn);
      host.write(b, gfn, gfn + (gfn % 2 == 0 ? 0u : 1000u));
    }
    for (VmMemory* vm : {&a, &b}) host.forgetRecent(*vm);
    for (const ShareOccasion occasion : {ShareOccasion::Scan, ShareOccasion::BeforeSwap, ShareOccasion::Scan}) {
      for (std::uint64_t gfn = 8; gfn < 200; ++gfn) {
        for (VmMemory* vm : {&a, &b}) static_cast<void>(host.sharing().tryShare(*vm, Gfn(gfn), occasion, 0));
      }
      QVERIFY_AUDIT(host);
    }
    QVERIFY(host.sharing().counters().falseMatches > 300);
    std::array<std::byte, kPageSize> bytes{};
    for (std::uint64_t gfn = 8; gfn < 200; ++gfn) {
      QVERIFY(host.pager().look(a, Gfn(gfn), bytes) && pageHolds(bytes, gfn));
      QVERIFY(host.pager().look(b, Gfn(gfn), bytes) && pageHolds(bytes, gfn + (gfn % 2 == 0 ? 0u : 1000u)));
    }
  }

  // Boot storm (W02, experiment of section 6): guests that clear their memory do not go to the disk for it, though no page was scanned.
  void clearedPagesAreSharedBeforeTheyAreSwapped_data() {
    QTest::addColumn<QString>("profile");
    for (const char* profile : {"esx2", "esx3", "esx4", "esx5", "esx6"}) QTest::newRow(profile) << profile;
  }
  void clearedPagesAreSharedBeforeTheyAreSwapped() {
    QFETCH(QString, profile);
    Scripts scripts;
    RunConfig config = fastDisks(hostOf(mebibytes(16)));
    config.host.profile = profile.toStdString();
    config.disk.swapSpace = kUnlimitedSwapSpace;
    for (std::uint64_t i = 0; i < kVms; ++i) {
      config.vms.push_back(
          scripts.vm("vm" + std::to_string(i), mebibytes(8),
                     "write 0 2000 zero\noperation 1ms\nwait 2s\nread 0 2000\nwrite 0 100 random\nread 0 2000\noperation 1ms\n"
                     "wait 1s\nhalt\n"));
    }
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(1));
    QCOMPARE(test.metric("host.swap_outs"), 0u);
    QCOMPARE(test.metric("host.zips"), 0u);
    QVERIFY(test.metric("host.share_saving") > 12 * kMiB);
    QVERIFY(test.runUntilOff(seconds(20)));
    QVERIFY(nobodyCrashed(test));
    QCOMPARE(test.metric("host.operations"), 2 * kVms);
  }
};

OVERCOMMIT_TEST(StormsTest)
#include "storms_test.moc"

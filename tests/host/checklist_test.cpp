// SPDX-License-Identifier: GPL-2.0-or-later
// What VMware documents about the order of its techniques, and what happens where one cannot be used. Ten rules, each a named test here
// or in the file named; other tests that show more of a rule are named beside it.
//
//   1  sharing always, at least within a VM         sharingGoesOnInEveryVintageWithPlentyOfMemory
//   2  balloon before swap, while it can            balloonComesBeforeSwapWhileTheDriverRunsAndHasRoom      exhaustion_test: balloonAtIts...
//   3  swap only what ballooning cannot deliver     swapTakesOnlyWhatTheBalloonCannotDeliverInTime
//   4  share before swap, then compress, then disk  pageIsSharedElseCompressedElseWritten                   storms_test: clearedPagesAre...
//   5  never below reservation                      nobodyIsTakenBelowItsReservation                        limits_test: reservationIsNever...
//   6  limit enforced in any state                  limitIsEnforcedInHighByTheBalloonFirst,
//                                                   guestWithoutRoomToInflateComesDownToItsLimit            limits_test: loweredLimitIs...
//   7  low blocks VMs above target                  lowBlocksVmsAboveTheirTargetUntilMemoryRecovers,
//                                                   blockedVmDoesNotInflate                                 state_table_test: inLow...
//   8  no tools, or booting: paged                  guestIsPagedUntilItsDriverRuns
//   9  balloon deflates slowly, unless asked        balloonDeflatesSlowlyUnlessTheGuestAsksForMemory        balloon_guest_test
//  10  sharing raises others' allocations           backgroundSharingRaisesWhatOthersGet
#include "reclaim/sharing_host.h"
#include "support/script_vms.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// 16 MiB, of which the program uses `workingSet`.
VmConfig guestWithTools(const std::string& program, std::uint64_t workingSet) {
  VmConfig vm = vmOf("guest", program, mebibytes(16));
  vm.balloon = true;
  vm.guestSwap = mebibytes(16);
  vm.arguments = {{"working_set", workingSet}, {"files", kMiB}};
  if (program == "idle") vm.arguments.push_back({"think", 1'000'000});
  return vm;
}

// Fills its memory, page after page, and takes `perPage` for each.
VmConfig filler(std::uint64_t mib, VirtualTime perPage) {
  return generatorVm("filler", "sequential", mebibytes(mib),
                     {{"fill", 0}, {"touches", 1}, {"write", 1000}, {"text", 0}, {"work", perPage.value()}});
}

RunConfig checkedHost(std::uint64_t mib) {
  RunConfig config = fastDisks(hostOf(mebibytes(mib)));
  config.host.timeScale = 20;  // a driver polls every 50 ms
  return config;
}

// The guest fills its memory and idles, then the filler comes.
RunConfig guestAndFiller(VirtualTime perPage) {
  RunConfig config = checkedHost(26);
  config.vms = {guestWithTools("idle", 11 * kMiB), filler(16, perPage)};
  config.vms[1].start = seconds(4);
  config.vms[1].shares = 1'000'000;
  return config;
}

}  // namespace

class ChecklistTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sharingGoesOnInEveryVintageWithPlentyOfMemory_data() {
    QTest::addColumn<QString>("profile");
    for (const char* profile : {"esx2", "esx3", "esx4", "esx5", "esx6"}) QTest::newRow(profile) << profile;
  }
  void sharingGoesOnInEveryVintageWithPlentyOfMemory() {
    QFETCH(QString, profile);
    Scripts scripts;
    RunConfig config = fastDisks(hostOf(mebibytes(64)));
    config.host.profile = profile.toStdString();
    config.host.timeScale = 2000;
    for (const char* name : {"a", "b"})
      config.vms.push_back(scripts.vm(name, mebibytes(4), "write 0 400 same 1\nwrite 400 400 same 2\nwait 100s\n"));
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(12));
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
    QVERIFY(test.metric("vm.a.shared") > 700 * kPageSize && test.metric("vm.b.shared") > 700 * kPageSize);
    // From esx6 on, VMs share within themselves only.
    QCOMPARE(test.host().machine().count(FrameUse::Shared).value(), profile == "esx6" ? 4u : 2u);
  }

  void balloonComesBeforeSwapWhileTheDriverRunsAndHasRoom() {
    TestHost test(guestAndFiller(milliseconds(5)));
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(1).meter().operations() >= 3900; }, seconds(60)));
    QVERIFY2(test.vm(0).count(PagePlace::Ballooned) > Pages(500), std::to_string(test.vm(0).count(PagePlace::Ballooned).value()).c_str());
    QCOMPARE(test.vm(0).counters().swapOuts, 0u);
    QCOMPARE(test.vm(0).counters().zips, 0u);
  }

  void swapTakesOnlyWhatTheBalloonCannotDeliverInTime() {
    TestHost test(guestAndFiller(microseconds(5)));
    VERIFY_STARTED(test);
    QVERIFY(test.runUntil([&] { return test.vm(1).meter().operations() >= 3900; }, seconds(60)));
    const std::uint64_t taken = test.vm(0).counters().swapOuts + test.vm(0).counters().zips;
    QVERIFY(taken > 0);
    // From then on the balloon catches up, and nothing more is taken.
    test.runUntil(test.host().now() + seconds(2));
    const std::uint64_t later = test.vm(0).counters().swapOuts + test.vm(0).counters().zips;
    QVERIFY(test.vm(0).count(PagePlace::Ballooned) > Pages(300));
    test.runUntil(test.host().now() + seconds(2));
    QCOMPARE(test.vm(0).counters().swapOuts + test.vm(0).counters().zips, later);
  }

  void pageIsSharedElseCompressedElseWritten() {
    BareHostSettings settings = sharingOnly(Pages(300), quiet());
    settings.reclaim.compression = Compression::On;
    settings.reclaim.zipMaxPercent = 50;
    BareHost host(settings);
    host.begin();
    BareVmSettings vmSettings;
    vmSettings.memory = Pages(64);
    vmSettings.zip = QuarterSlots::On;
    VmMemory& vm = *host.powerOn(0, vmSettings);
    // Frames 10 to 29 are pairs of equal pages, 30 to 39 compress, 40 to 49 do not.
    for (std::uint64_t gfn = 10; gfn < 50; ++gfn) {
      std::byte* bytes = host.access(vm, Gfn(gfn), Access::Write);
      Random noise(gfn < 30 ? gfn / 2 : gfn, "content");
      for (std::size_t at = 0; at < (gfn < 30 || gfn >= 40 ? kPageSize : 512); at += 8) {
        const std::uint64_t word = noise.next();
        std::memcpy(bytes + at, &word, 8);
      }
      if (gfn < 30 && gfn % 2 == 0) host.sharing().tryShare(vm, Gfn(gfn), ShareOccasion::Scan, 0);  // leaves a hint
    }
    vm.recent = RecentFaults();
    host.reclaimer().reclaim({ReclaimReason::Target, Pages(300), nullptr, nullptr, Gfn(0), 0});
    std::array<int, 3> shared{}, zipped{}, swapped{};
    for (std::uint64_t gfn = 10; gfn < 50; ++gfn) {
      const std::size_t kind = gfn < 30 ? 0 : gfn < 40 ? 1 : 2;
      shared[kind] += BareHost::placeOf(vm, gfn) == PagePlace::Shared ? 1 : 0;
      zipped[kind] += BareHost::placeOf(vm, gfn) == PagePlace::Zipped ? 1 : 0;
      swapped[kind] += BareHost::placeOf(vm, gfn) == PagePlace::Swapped ? 1 : 0;
    }
    // Of a pair, the page without a hint finds the other one, unless that was taken before.
    QVERIFY(shared[0] > 0 && zipped[0] == 0);
    QCOMPARE(shared[0] + swapped[0], 20);
    QCOMPARE(zipped[1], 10);
    QCOMPARE(swapped[2], 10);
    QVERIFY_AUDIT(host);
  }

  void nobodyIsTakenBelowItsReservation() {
    RunConfig config = guestAndFiller(microseconds(100));
    config.vms[0].reservation = mebibytes(10);
    TestHost test(config);
    VERIFY_STARTED(test);
    bool had = false;
    while (test.host().now() < seconds(15)) {
      test.host().step(seconds(15));
      const Pages allocated = test.vm(0).memory()->allocated();
      had = had || allocated >= mebibytes(10);
      if (had) QVERIFY(allocated >= mebibytes(10));
    }
    QVERIFY(had && test.vm(0).counters().inflates > 0);
  }

  void limitIsEnforcedInHighByTheBalloonFirst() {
    RunConfig config = checkedHost(64);
    config.vms = {guestWithTools("idle", 11 * kMiB)};
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(4));
    QVERIFY(test.vm(0).memory()->allocated() > mebibytes(9));
    VERIFY_OK(test.apply(0, SetAction{"limit", mebibytes(9).value()}));
    QVERIFY(test.runUntil([&] { return test.vm(0).memory()->allocated() <= mebibytes(9); }, seconds(10)));
    QCOMPARE(test.host().pager().freeState(), FreeState::High);
    // A guest that touches something meanwhile pays with a page for each; all else is the balloon's.
    const std::uint64_t paged = test.vm(0).counters().swapOuts + test.vm(0).counters().zips;
    QVERIFY2(test.vm(0).count(PagePlace::Ballooned).value() > 10 * paged, std::to_string(paged).c_str());
  }

  void guestWithoutRoomToInflateComesDownToItsLimit() {
    RunConfig config = checkedHost(64);
    config.vms = {guestWithTools("idle", 14 * kMiB)};
    config.vms[0].guestSwap = Pages(0);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(4));
    QVERIFY(test.vm(0).memory()->allocated() > mebibytes(13));
    VERIFY_OK(test.apply(0, SetAction{"limit", mebibytes(6).value()}));
    QVERIFY(test.runUntil([&] { return test.vm(0).memory()->allocated() <= mebibytes(6); }, seconds(20)));
    QVERIFY(test.vm(0).count(PagePlace::Ballooned) > Pages(100));
    QVERIFY(test.vm(0).counters().swapOuts + test.vm(0).counters().zips > 500);
  }

  void lowBlocksVmsAboveTheirTargetUntilMemoryRecovers() {
    RunConfig config = checkedHost(16);
    config.costs.swapWrite = milliseconds(1);  // so that memory does not come back at once
    for (const char* name : {"a", "b"})
      config.vms.push_back(generatorVm(name, "uniform", mebibytes(10), {{"text", 0}, {"operations", 300}, {"work", 1'000'000}}));
    TestHost test(config);
    test.keep(EventKind::BalloonTarget);
    VERIFY_STARTED(test);
    QVERIFY(test.runUntilOff(seconds(200)));
    std::uint64_t blocked = 0;
    for (const Event& event : test.events()) {
      if (event.kind != EventKind::Block || event.cause == 0) continue;
      ++blocked;
      QVERIFY(event.values[0] > event.values[1]);  // above its target
    }
    QVERIFY(blocked > 0);
    QCOMPARE(test.count(EventKind::Block), test.count(EventKind::Unblock));
    QCOMPARE(test.metric("host.operations"), 600u);
  }

  // Nothing that a guest does happens while it is blocked.
  void blockedVmDoesNotInflate() {
    RunConfig config = guestAndFiller(microseconds(2));
    config.costs.swapWrite = milliseconds(1);
    config.vms[0].shares = 1;
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(10));
    bool isBlocked = false;
    std::uint64_t blocks = 0, inflates = 0;
    for (const Event& event : test.events()) {
      if (event.vm != VmId(0)) continue;
      if (event.kind == EventKind::Block) {
        isBlocked = true;
        ++blocks;
      }
      if (event.kind == EventKind::Unblock) isBlocked = false;
      if (event.kind == EventKind::Inflate) {
        ++inflates;
        QVERIFY(!isBlocked);
      }
    }
    QVERIFY2(blocks > 0 && inflates > 0, qPrintable(QString("%1 blocks, %2 inflates").arg(blocks).arg(inflates)));
  }

  void guestIsPagedUntilItsDriverRuns() {
    RunConfig config = guestAndFiller(microseconds(1500));
    config.vms[0].toolsStart = seconds(12);
    TestHost test(config);
    VERIFY_STARTED(test);
    test.runUntil(seconds(11));
    const std::uint64_t booting = test.vm(0).counters().swapOuts + test.vm(0).counters().zips;
    QVERIFY(booting > 100);
    QCOMPARE(test.vm(0).counters().inflates, 0u);
    test.runUntil(seconds(13));  // now the driver runs
    VERIFY_OK(test.apply(0, SetAction{"limit", mebibytes(4).value()}));
    test.runUntil(seconds(18));
    QVERIFY(test.vm(0).counters().inflates > 100);
  }

  void balloonDeflatesSlowlyUnlessTheGuestAsksForMemory() {
    constexpr std::uint64_t kStep = 16'384 / 16;
    for (const bool asks : {false, true}) {
      RunConfig config = checkedHost(64);
      config.host.represents = config.host.represents * 16;
      config.vms = {guestWithTools(asks ? "toucher" : "idle", 11 * kMiB)};
      if (asks) config.vms[0].arguments = {{"working_set", 11 * kMiB}, {"op_work", 20'000}};
      config.vms[0].limit = mebibytes(5);
      TestHost test(config);
      VERIFY_STARTED(test);
      QVERIFY(test.runUntil([&] { return test.vm(0).count(PagePlace::Ballooned) > Pages(1500); }, seconds(30)));
      test.runUntil(test.host().now() + seconds(1));
      VERIFY_OK(test.apply(0, SetAction{"limit", std::nullopt}));
      const VirtualTime poll = milliseconds(50);
      std::uint64_t most = 0, before = test.vm(0).count(PagePlace::Ballooned).value();
      for (int polls = 0; polls < 20; ++polls) {
        test.runUntil(test.host().now() + poll);
        const std::uint64_t after = test.vm(0).count(PagePlace::Ballooned).value();
        most = std::max(most, before - std::min(before, after));
        before = after;
      }
      // Time is not cut exactly at the polls: two may fall into one piece.
      if (asks) QVERIFY2(most > kStep / 4, std::to_string(most).c_str());
      if (!asks) QVERIFY2(most > 0 && most <= kStep / 16 * 2, std::to_string(most).c_str());
    }
  }

  void backgroundSharingRaisesWhatOthersGet() {
    std::array<std::uint64_t, 2> gets{};
    for (const std::size_t sharing : {0u, 1u}) {
      Scripts scripts;
      RunConfig config = checkedHost(20);
      config.host.timeScale = 200;
      config.host.options["ShareScanTime"] = 10;
      if (sharing == 0) config.host.options["ShareScanGHz"] = 0;
      config.host.options["MemZipEnable"] = 0;
      for (const char* name : {"a", "b"}) {
        std::string text = "write 0 1200 same 1\n";
        for (int i = 0; i < 200; ++i) text += "read 0 1200\noperation 1ms\nwait 500ms\n";
        config.vms.push_back(scripts.vm(name, mebibytes(6), text));
      }
      config.vms.push_back(generatorVm("other", "uniform", mebibytes(16), {{"work", 1'000'000}}));
      for (VmConfig& vm : config.vms) vm.sharing = vm.name != "other";
      TestHost test(config);
      VERIFY_STARTED(test);
      test.runUntil(seconds(40));
      gets[sharing] = test.vm(2).memory()->allocated().value();
    }
    QVERIFY2(gets[1] > gets[0] + 1000, qPrintable(QString("%1 without, %2 with sharing").arg(gets[0]).arg(gets[1])));
  }
};

OVERCOMMIT_TEST(ChecklistTest)
#include "checklist_test.moc"

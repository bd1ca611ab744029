// SPDX-License-Identifier: GPL-2.0-or-later
// Large pages as the pager, page sharing and the breaker treat them.
#include "reclaim/large_page_breaker.h"
#include "reclaim/reclaimer.h"
#include "reclaim/sharing_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kLarge = kLargePagePages;
// Region 0 holds the guest's page tables (frames 4 to 7); regions 1 and 2 can be large.
constexpr Pages kVmPages(3 * kLarge), kHost(10 * kLarge);

VmMemory& powerOnLarge(SharingHost& host, std::uint16_t number, Pages memory = kVmPages) {
  VmMemory& vm = host.powerOn(number, memory);
  vm.largeBacking = LargeBacking::On;
  return vm;
}

bool isLarge(const VmMemory& vm, std::uint64_t gfn) { return vm.guest.entry(Gfn(gfn)).large(); }

std::uint64_t breaksFor(const SharingHost& host, LargeBreakReason reason) {
  return static_cast<std::uint64_t>(std::ranges::count_if(host.events(), [reason](const Event& event) {
    return event.kind == EventKind::LargeBreak && event.values[0] == static_cast<std::uint64_t>(reason);
  }));
}

}  // namespace

class LargePagesReclaimTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneTouchGivesALargePage() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    const Pages free = host.machine().free();
    QCOMPARE(host.resolve(vm, Gfn(kLarge + 9), Access::Read), Resolution::Present);
    QCOMPARE(vm.guest.count(PagePlace::Private), Pages(kLarge));
    QCOMPARE(vm.guest.largePages(), Pages(kLarge));
    QCOMPARE(host.machine().free(), free - Pages(kLarge));
    QVERIFY(vm.counters.largeTouches == 1 && vm.counters.firstTouches == 0 && vm.counters.nestedFaults() == 1);
    QCOMPARE(vm.clock.spent(TimeUse::FirstTouch), host.costs().largeTouch);
    const Event& event = host.events().back();
    QVERIFY(event.kind == EventKind::LargeMap && event.gfn == Gfn(kLarge) && event.mfn == host.frameOf(vm, kLarge));
    QCOMPARE(event.values[0], kLarge + 9);
    QCOMPARE(host.resolve(vm, Gfn(kLarge + 10), Access::Write), Resolution::Present);
    QCOMPARE(vm.counters.nestedFaults(), 1u);
    QVERIFY_AUDIT(host);
  }

  void regionWithPageTablesOrATouchedPageIsBackedBySmallPages() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    host.write(vm, 100, 1);
    QVERIFY(!isLarge(vm, 100));
    vm.largeBacking = LargeBacking::Off;
    host.write(vm, kLarge + 5, 1);
    vm.largeBacking = LargeBacking::On;
    host.write(vm, kLarge + 6, 1);
    QVERIFY(!isLarge(vm, kLarge + 6));
    host.write(vm, 2 * kLarge, 1);
    QVERIFY(isLarge(vm, 2 * kLarge));
    QVERIFY_AUDIT(host);
  }

  void endOfMemoryThatIsNo2MiBIsBackedBySmallPages() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0, Pages(2 * kLarge + 511));
    host.write(vm, 2 * kLarge + 1, 1);
    QVERIFY(!isLarge(vm, 2 * kLarge + 1));
  }

  void largePageLeavesTheHighThresholdFreeToThePage() {
    for (const std::uint64_t missing : {0u, 1u}) {
      SharingHost host(kHost);
      VmMemory& vm = powerOnLarge(host, 0);
      FreeStateThresholds thresholds = host.pager().thresholds();
      thresholds.high = host.machine().free() - Pages(kLarge) + Pages(missing);
      host.pager().setThresholds(thresholds, 0);
      host.write(vm, kLarge, 1);
      QCOMPARE(isLarge(vm, kLarge), missing == 0);
    }
  }

  void largePageKeepsTheLimitToThePage() {
    for (const std::uint64_t missing : {0u, 1u}) {
      SharingHost host(kHost);
      VmMemory& vm = powerOnLarge(host, 0);
      vm.settings.limit = Pages(kLarge - missing);
      host.write(vm, kLarge, 1);
      QCOMPARE(isLarge(vm, kLarge), missing == 0);
    }
  }

  void fragmentedMachineGivesSmallPages() {
    SharingHost host(kHost);
    VmMemory& small = host.powerOn(1, kHost);
    for (std::uint64_t region = 1; region < kHost.value() / kLarge; ++region) host.write(small, region * kLarge, region);
    VmMemory& vm = powerOnLarge(host, 0);
    host.write(vm, kLarge, 1);
    QVERIFY(!isLarge(vm, kLarge));
    QVERIFY(host.machine().free() > Pages(6 * kLarge));
  }

  void largePagesAreNotSharedButRemembered() {
    SharingHost host(kHost);
    VmMemory& a = powerOnLarge(host, 0);
    VmMemory& b = powerOnLarge(host, 1);
    for (VmMemory* vm : {&a, &b}) host.write(*vm, kLarge + 3, 7);
    QCOMPARE(host.scan(a, kLarge + 3), ShareAttempt::Alone);
    QCOMPARE(host.scan(b, kLarge + 3), ShareAttempt::InLargePage);
    QCOMPARE(host.scan(b, kLarge + 3), ShareAttempt::InLargePage);
    QCOMPARE(host.sharing().table().rememberedOf(b.id), 1u);
    QCOMPARE(host.sharing().rememberedIn(b, Gfn(kLarge)), Pages(1));
    QCOMPARE(host.sharing().hintsOf(b.id), 1u);
    QVERIFY(isLarge(a, kLarge + 3) && isLarge(b, kLarge + 3));
    QCOMPARE(host.count(EventKind::Share), 0u);
    QVERIFY_AUDIT(host);
  }

  void rememberedPagesAreSharedAtOnceWhenTheyAreBroken() {
    SharingHost host(kHost);
    VmMemory& a = powerOnLarge(host, 0);
    VmMemory& b = powerOnLarge(host, 1);
    for (std::uint64_t i = 0; i < 100; ++i) {
      for (VmMemory* vm : {&a, &b}) host.write(*vm, kLarge + i, 1000 + i);
    }
    for (std::uint64_t i = 0; i < 100; ++i) host.scan(a, kLarge + i);
    for (std::uint64_t i = 0; i < 100; ++i) host.scan(b, kLarge + i);
    for (VmMemory* vm : {&a, &b}) host.forgetRecent(*vm);
    // The first one that is broken finds only pages in a large page, and makes itself known instead.
    host.pager().breakLarge(b, Gfn(kLarge), LargeBreakReason::Pressure, 0);
    QCOMPARE(host.sharing().shareBroken(), Pages(0));
    QCOMPARE(host.sharing().table().rememberedOf(a.id), 100u);
    QCOMPARE(host.sharing().table().rememberedOf(b.id), 0u);
    QVERIFY_AUDIT(host);
    const Pages free = host.machine().free();
    host.pager().breakLarge(a, Gfn(kLarge + 77), LargeBreakReason::Pressure, 0);
    const std::uint64_t broken = host.events().back().sequence;
    QCOMPARE(host.sharing().shareBroken(), Pages(100));
    QCOMPARE(host.machine().free(), free + Pages(100));
    QVERIFY(host.events().back().kind == EventKind::Scan && host.events().back().cause == broken);
    for (std::uint64_t i = 0; i < 100; ++i) {
      QVERIFY(host.frameOf(a, kLarge + i) == host.frameOf(b, kLarge + i));
      QVERIFY(pageHolds(host.machine().bytes(host.frameOf(a, kLarge + i)), 1000 + i));
    }
    QVERIFY_AUDIT(host);
  }

  void pageThatChangedSinceItWasRememberedIsNotShared() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    host.write(vm, 9, 5);
    host.scan(vm, 9);
    host.write(vm, kLarge + 1, 5);
    QCOMPARE(host.scan(vm, kLarge + 1), ShareAttempt::InLargePage);
    host.write(vm, kLarge + 1, 6);
    host.forgetRecent(vm);
    host.pager().breakLarge(vm, Gfn(kLarge), LargeBreakReason::Pressure, 0);
    QCOMPARE(host.sharing().shareBroken(), Pages(0));
    QCOMPARE(host.placeOf(vm, kLarge + 1), PagePlace::Private);
    QVERIFY_AUDIT(host);
  }

  void activeSharingTriesPagesThatNoScanHasSeen() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    for (const std::uint64_t gfn : {kLarge + 1, kLarge + 2}) host.write(vm, gfn, 5);
    host.forgetRecent(vm);
    host.sharing().setBrokenPages(BrokenPages::All);
    host.pager().breakLarge(vm, Gfn(kLarge), LargeBreakReason::Pressure, 0);
    // 510 pages are zero, and two are equal.
    QCOMPARE(host.sharing().shareBroken(), Pages(510));
    QCOMPARE(host.machine().count(FrameUse::Shared), Pages(2));
    QVERIFY_AUDIT(host);
  }

  void takingAPageBreaksItsLargePageFirst_data() {
    QTest::addColumn<int>("how");
    QTest::newRow("swap") << 0;
    QTest::newRow("balloon") << 1;
    QTest::newRow("zip") << 2;
  }
  void takingAPageBreaksItsLargePageFirst() {
    QFETCH(int, how);
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    vm.zip.emplace(host.machine(), vm.id, QuarterSlots::On);
    for (std::uint64_t i = 0; i < kLarge; ++i) host.write(vm, kLarge + i, 100 + i % 50);
    host.forgetRecent(vm);
    const Gfn gfn(kLarge + 40);
    const VirtualTime before = vm.clock.now();
    switch (how) {
      case 0: QCOMPARE(host.pager().swapOut(vm, gfn, 0), SwapOutResult::Done); break;
      case 1: QCOMPARE(host.lock(vm, gfn), BalloonResult::Done); break;
      default:
        fillPage(host.machine().bytes(host.frameOf(vm, gfn.value())), 0);
        QCOMPARE(host.pager().zip(vm, gfn, Pages(10), 0).result, ZipResult::Done);
        break;
    }
    QCOMPARE(vm.guest.largePages(), Pages(0));
    QCOMPARE(breaksFor(host, how == 1 ? LargeBreakReason::Balloon : LargeBreakReason::Victim), 1u);
    QCOMPARE(vm.counters.largeBreaks, 1u);
    QCOMPARE(vm.clock.now() - before, host.costs().breakLarge);
    QCOMPARE(vm.guest.count(PagePlace::Private), Pages(kLarge - 1));
    for (std::uint64_t i = 0; i < kLarge; ++i) {
      if (kLarge + i != gfn.value()) QVERIFY(pageHolds(host.machine().bytes(host.frameOf(vm, kLarge + i)), 100 + i % 50));
    }
    QVERIFY_AUDIT(host);
  }

  void victimsNeighboursAreSharedBeforeAnythingIsSwapped() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    host.write(vm, 9, 5);
    host.scan(vm, 9);
    for (std::uint64_t i = 0; i < 200; ++i) host.write(vm, kLarge + i, 5);
    for (std::uint64_t i = 0; i < 200; ++i) QCOMPARE(host.scan(vm, kLarge + i), ShareAttempt::InLargePage);
    host.forgetRecent(vm);
    DiskQueue disk(0);
    vm.settings.shares = 1000;
    Reclaimer reclaimer({host.machine(), host.log(), host.costs(), disk}, host.pager(), &host.sharing(), ReclaimSettings{});
    const Pages done = reclaimer.reclaim({ReclaimReason::Target, Pages(150), nullptr, nullptr, Gfn(0), 0});
    QCOMPARE(done, Pages(200));
    QVERIFY(vm.counters.swapOuts == 0 && breaksFor(host, LargeBreakReason::Victim) == 1);
    QVERIFY_AUDIT(host);
  }

  void vmThatGoesAwayBreaksItsLargePagesFirst() {
    SharingHost host(kHost);
    VmMemory& vm = powerOnLarge(host, 0);
    const Pages free = host.machine().free();
    for (const std::uint64_t region : {1u, 2u}) host.write(vm, region * kLarge, 1);
    host.pager().breakLarge(vm, Gfn(kLarge), LargeBreakReason::Pressure, 0);  // still waits to be tried
    host.sharing().remove(vm);
    host.pager().remove(vm, 0);
    QCOMPARE(host.machine().free(), free);
    QCOMPARE(breaksFor(host, LargeBreakReason::Gone), 1u);
    QCOMPARE(host.sharing().shareBroken(), Pages(0));
    QCOMPARE(host.count(EventKind::Discard), 2 * kLarge);
  }

  void breakerTakesTheVmFurthestAboveItsTargetAndItsMostSharablePage() {
    SharingHost host(kHost);
    VmMemory& a = powerOnLarge(host, 0);
    VmMemory& b = powerOnLarge(host, 1);
    for (VmMemory* vm : {&a, &b}) {
      for (const std::uint64_t region : {1u, 2u}) host.write(*vm, region * kLarge, 1 + region);
    }
    host.write(b, 9, 77);
    host.scan(b, 9);
    host.write(b, 2 * kLarge + 1, 77);
    host.scan(b, 2 * kLarge + 1);
    a.target = Pages(kLarge);
    b.target = Pages(kLarge - 2);
    LargePageBreaker breaker(host.pager(), host.sharing());
    breaker.run({});
    QCOMPARE(breaksFor(host, LargeBreakReason::Pressure), 0u);
    breaker.run({.breakLargePages = true});
    const auto first = std::ranges::find(host.events(), EventKind::LargeBreak, &Event::kind);
    QVERIFY(first != host.events().end() && first->vm == b.id && first->gfn == Gfn(2 * kLarge));
    QCOMPARE(breaksFor(host, LargeBreakReason::Pressure), 4u);  // all there are, and the most at once
    breaker.run({.breakLargePages = true});
    QCOMPARE(breaksFor(host, LargeBreakReason::Pressure), 4u);
    QVERIFY_AUDIT(host);
  }

  // Two VMs with large pages, few contents, everything that can happen to a page.
  void randomOperationsLeaveEveryPageAsItWasWritten_data() {
    QTest::addColumn<bool>("weak");
    QTest::newRow("with the hash of the product") << false;
    QTest::newRow("with a hash that collides") << true;
  }
  void randomOperationsLeaveEveryPageAsItWasWritten() {
    QFETCH(bool, weak);
    std::uint64_t inLarge = 0, sharedAfterBreak = 0;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      ShareSettings settings = quiet();
      if (weak) settings.hash = &weakHash;
      SharingHost host(kHost, settings);
      Random random(seed, "large pages");
      std::map<std::pair<std::uint16_t, std::uint64_t>, std::uint64_t> contents;
      for (std::uint16_t number : {std::uint16_t{0}, std::uint16_t{1}}) powerOnLarge(host, number);
      for (int step = 0; step < 600; ++step) {
        const auto number = static_cast<std::uint16_t>(random.below(2));
        VmMemory& vm = host.vm(number);
        const std::uint64_t gfn = random.below(40) * 37 % kVmPages.value();
        if (random.below(8) == 0) vm.recent = RecentFaults();
        const bool spared = isLarge(vm, gfn) && random.below(30) != 0;  // a large page that is broken stays so
        switch (random.below(12)) {
          case 0:
          case 1:
          case 2:
          case 3: {
            const std::uint64_t content = random.below(5);
            host.write(vm, gfn, content);
            contents[{number, gfn}] = content;
            break;
          }
          case 4:
          case 5:
          case 6:
          case 7: inLarge += host.scan(vm, gfn) == ShareAttempt::InLargePage ? 1u : 0u; break;
          case 8:
            if (!spared && isLarge(vm, gfn)) host.pager().breakLarge(vm, Gfn(gfn), LargeBreakReason::Pressure, 0);
            sharedAfterBreak += host.sharing().shareBroken().value();
            break;
          case 9:
            if (!spared) static_cast<void>(host.pager().swapOut(vm, Gfn(gfn), 0));
            break;
          case 10:
            if (spared) break;
            if (host.lock(vm, Gfn(gfn)) == BalloonResult::Done) contents.erase({number, gfn});
            break;
          default: static_cast<void>(host.pager().unlock(vm, Gfn(gfn))); break;
        }
        if (step % 50 != 0) continue;
        QVERIFY_AUDIT(host);
        std::array<std::byte, kPageSize> bytes{};
        for (std::uint16_t each : {std::uint16_t{0}, std::uint16_t{1}}) {
          for (std::uint64_t page = 0; page < kVmPages.value(); page += 1 + random.below(9)) {
            QVERIFY(host.pager().look(host.vm(each), Gfn(page), bytes));
            const auto found = contents.find({each, page});
            QVERIFY(pageHolds(bytes, found == contents.end() ? 0 : found->second));
          }
        }
      }
    }
    QVERIFY2(inLarge > 200 && sharedAfterBreak > 10,
             qPrintable(QString("%1 in large pages, %2 shared").arg(inLarge).arg(sharedAfterBreak)));
  }
};

OVERCOMMIT_TEST(LargePagesReclaimTest)
#include "large_pages_reclaim_test.moc"

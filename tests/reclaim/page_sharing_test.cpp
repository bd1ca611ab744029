// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/page_sharing.h"

#include <cmath>

#include "reclaim/sharing_host.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// All pages of a VM, once.
std::uint64_t scanAll(SharingHost& host, VmMemory& vm) {
  std::uint64_t hits = 0;
  for (std::uint64_t gfn = 0; gfn < vm.guest.memory().value(); ++gfn) hits += host.scan(vm, gfn) == ShareAttempt::Shared ? 1u : 0u;
  return hits;
}

}  // namespace

class PageSharingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void pageWithoutAMatchLeavesAHintAndStaysWritable() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    host.write(vm, 0, 1);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);
    QVERIFY(vm.guest.entry(Gfn(0)).writable());
    QCOMPARE(host.sharing().hintsOf(vm.id), 1u);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);  // it does not match itself
    QCOMPARE(host.sharing().hintsOf(vm.id), 1u);
    QCOMPARE(host.count(EventKind::Refusal), 0u);
    QVERIFY_AUDIT(host);
  }

  void secondPageWithEqualBytesSharesTheHintedFrame() {
    SharingHost host(Pages(256));
    VmMemory& a = host.powerOn(0, Pages(32));
    VmMemory& b = host.powerOn(1, Pages(32));
    host.write(a, 0, 1);
    host.write(b, 9, 1);
    const Mfn kept = host.frameOf(a, 0);
    const Pages free = host.machine().free();
    QCOMPARE(host.scan(a, 0), ShareAttempt::Alone);
    QCOMPARE(host.scan(b, 9), ShareAttempt::Shared);
    QVERIFY(host.frameOf(a, 0) == kept && host.frameOf(b, 9) == kept);
    QVERIFY(!a.guest.entry(Gfn(0)).writable() && !b.guest.entry(Gfn(9)).writable());
    QCOMPARE(host.machine().frame(kept).references, 2u);
    QCOMPARE(host.machine().free(), free + Pages(1));
    QCOMPARE(host.sharing().hintsOf(a.id), 0u);
    QCOMPARE(host.sharing().table().sharedFrames(), 1u);
    QVERIFY_AUDIT(host);
  }

  void furtherPageJoinsTheSharedFrame() {
    SharingHost host(Pages(256));
    VmMemory& a = host.powerOn(0, Pages(32));
    VmMemory& b = host.powerOn(1, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u}) host.write(a, gfn, 7);
    host.write(b, 2, 7);
    QCOMPARE(scanAll(host, a), 1u);
    QCOMPARE(scanAll(host, b), 1u);
    QCOMPARE(host.machine().frame(host.frameOf(b, 2)).references, 3u);
    const Event& last = host.events().back();
    QVERIFY(last.kind == EventKind::Share && last.vm == b.id && last.gfn == Gfn(2) && last.mfn == host.frameOf(a, 0));
    QCOMPARE(last.values[1], 3u);
    QVERIFY_AUDIT(host);
  }

  void writeBreaksAndTheLastSharerRevertsToPrivate() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u}) host.write(vm, gfn, 7);
    QCOMPARE(scanAll(host, vm), 1u);
    host.write(vm, 0, 8);
    QCOMPARE(host.placeOf(vm, 0), PagePlace::Private);
    QCOMPARE(host.placeOf(vm, 1), PagePlace::Shared);
    QVERIFY_AUDIT(host);
    host.write(vm, 1, 9);
    QCOMPARE(host.count(EventKind::Revert), 1u);
    QCOMPARE(host.sharing().table().sharedFrames(), 0u);
    QVERIFY_AUDIT(host);
  }

  void frameWithOneSharerLeftIsFoundByOthers() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u}) host.write(vm, gfn, 7);
    QCOMPARE(scanAll(host, vm), 1u);
    host.write(vm, 0, 8);
    host.write(vm, 2, 7);
    QCOMPARE(host.scan(vm, 2), ShareAttempt::Shared);
    QCOMPARE(host.frameOf(vm, 2), host.frameOf(vm, 1));
    QVERIFY_AUDIT(host);
  }

  void hintWhosePageChangedIsReplacedByTheNewPages() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    host.write(vm, 0, 1);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);
    host.write(vm, 0, 2);  // between two scans
    host.write(vm, 1, 1);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::HintChanged);
    QCOMPARE(host.refusals(RefusalReason::HintChanged), 1u);
    QCOMPARE(host.sharing().hintsOf(vm.id), 1u);
    host.write(vm, 2, 1);
    QCOMPARE(host.scan(vm, 2), ShareAttempt::Shared);
    QVERIFY(pageHolds(host.machine().bytes(host.frameOf(vm, 0)), 2));
    QVERIFY_AUDIT(host);
  }

  void pageThatChangedGetsANewHintWhenItIsScannedAgain() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    host.write(vm, 0, 1);
    host.scan(vm, 0);
    host.write(vm, 0, 2);
    host.scan(vm, 0);
    QCOMPARE(host.sharing().hintsOf(vm.id), 1u);
    host.write(vm, 1, 2);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::Shared);
    QVERIFY_AUDIT(host);
  }

  void hintOfAPageThatMovedAwayIsDropped() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    host.write(vm, 0, 1);
    host.scan(vm, 0);
    host.forgetRecent(vm);
    QCOMPARE(host.pager().swapOut(vm, Gfn(0), 0), SwapOutResult::Done);
    host.write(vm, 1, 1);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::Alone);
    QCOMPARE(host.sharing().hintsOf(vm.id), 1u);  // of page 1
    QCOMPARE(host.count(EventKind::Refusal), 0u);
    QVERIFY_AUDIT(host);
  }

  void hintsOfAVmThatWentAwayAreForgotten() {
    SharingHost host(Pages(256));
    VmMemory& gone = host.powerOn(0, Pages(32));
    VmMemory& vm = host.powerOn(1, Pages(32));
    host.write(gone, 0, 1);
    host.scan(gone, 0);
    host.powerOff(0);
    QCOMPARE(host.sharing().table().hints(), 0u);
    host.write(vm, 0, 1);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);
    QCOMPARE(host.sharing().hintsOf(VmId(0)), 0u);
    VmMemory& again = host.powerOn(0, Pages(32));
    host.write(again, 0, 1);
    QCOMPARE(host.scan(again, 0), ShareAttempt::Shared);
    host.powerOff(1);
    QCOMPARE(host.machine().frame(host.frameOf(again, 0)).references, 1u);
    QVERIFY_AUDIT(host);
  }

  void equalHashesWithOtherBytesNeverShare() {
    ShareSettings settings = quiet();
    settings.hash = [](std::span<const std::byte, kPageSize>) { return std::uint64_t{42}; };
    SharingHost host(Pages(256), settings);
    VmMemory& vm = host.powerOn(0, Pages(32));
    host.write(vm, 0, 1);
    host.write(vm, 1, 2);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::FalseMatch);  // with a hint
    host.write(vm, 2, 1);
    QCOMPARE(host.scan(vm, 2), ShareAttempt::Shared);
    host.write(vm, 3, 2);
    QCOMPARE(host.scan(vm, 3), ShareAttempt::FalseMatch);  // with a shared frame
    QCOMPARE(host.placeOf(vm, 3), PagePlace::Private);
    QCOMPARE(host.refusals(RefusalReason::FalseMatch), 2u);
    QCOMPARE(host.sharing().hintsOf(vm.id), 0u);
    QVERIFY_AUDIT(host);
  }

  void falseMatchIsIneligibleUntilItsHashChanges() {
    ShareSettings settings = quiet();
    settings.hash = [](std::span<const std::byte, kPageSize> page) { return pageHolds(page, 3) ? std::uint64_t{1} << 40 : 0; };
    SharingHost host(Pages(256), settings);
    VmMemory& vm = host.powerOn(0, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u}) host.write(vm, gfn, gfn + 1);
    host.scan(vm, 0);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::FalseMatch);
    const VirtualTime before = host.sharing().hostCpuTime();
    QCOMPARE(host.scan(vm, 1), ShareAttempt::FalseMatch);
    QCOMPARE(host.sharing().hostCpuTime(), before + host.costs().scanPage);  // it is hashed, not compared again
    QCOMPARE(host.refusals(RefusalReason::FalseMatch), 1u);
    host.write(vm, 1, 3);
    QCOMPARE(host.scan(vm, 1), ShareAttempt::Alone);
    host.write(vm, 2, 3);
    QCOMPARE(host.scan(vm, 2), ShareAttempt::Shared);
    QVERIFY_AUDIT(host);
  }

  void onlyPrivatePagesThatAreNoPageTablesTakePart() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    QCOMPARE(host.scan(vm, 0), ShareAttempt::NotEligible);  // untouched
    for (const std::uint64_t gfn : {0u, 1u, 5u}) host.write(vm, gfn, 7);
    QCOMPARE(host.scan(vm, 5), ShareAttempt::NotEligible);
    QCOMPARE(scanAll(host, vm), 1u);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::NotEligible);  // shared already
    QCOMPARE(host.placeOf(vm, 5), PagePlace::Private);
    host.lock(vm, Gfn(1));
    QCOMPARE(host.scan(vm, 1), ShareAttempt::NotEligible);
    QVERIFY_AUDIT(host);
  }

  void deadVmAndVmThatIsSwitchedOffTakeNoPart() {
    SharingHost host(Pages(256));
    VmMemory& off = host.powerOn(0, Pages(32), {VmSharing::Off, {}});
    VmMemory& dead = host.powerOn(1, Pages(32));
    VmMemory& vm = host.powerOn(2, Pages(32));
    for (VmMemory* each : {&off, &dead, &vm}) host.write(*each, 0, 7);
    QCOMPARE(host.scan(dead, 0), ShareAttempt::Alone);
    dead.dead = "a test";
    QCOMPARE(host.scan(off, 0), ShareAttempt::NotEligible);
    QCOMPARE(host.scan(vm, 0), ShareAttempt::Alone);
    QCOMPARE(host.scan(dead, 0), ShareAttempt::NotEligible);
    host.sharing().setSharing(off, VmSharing::On);
    QCOMPARE(host.scan(off, 0), ShareAttempt::Shared);
    QVERIFY_AUDIT(host);
  }

  void zeroPagesAreSharedLikeOthersAndCounted() {
    SharingHost host(Pages(256));
    VmMemory& a = host.powerOn(0, Pages(32));
    VmMemory& b = host.powerOn(1, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u, 2u}) host.write(a, gfn, 0);
    host.write(b, 0, 0);
    for (VmMemory* vm : {&a, &b}) host.write(*vm, 9, 5);
    QCOMPARE(scanAll(host, a) + scanAll(host, b), 4u);
    QCOMPARE(host.sharing().savings().zero, Pages(4));
    QCOMPARE(host.sharing().savingsOf(a).zero, Pages(3));
    QCOMPARE(host.sharing().savingsOf(b).zero, Pages(1));
    host.write(a, 0, 1);
    QCOMPARE(host.sharing().savings().zero, Pages(3));
    for (const std::uint64_t gfn : {1u, 2u}) host.write(a, gfn, gfn);
    host.write(b, 0, 3);
    QCOMPARE(host.sharing().savings().zero, Pages(0));
    QVERIFY_AUDIT(host);
  }

  void savingsOfAllVmsAddUpToThoseOfTheHost() {
    SharingHost host(Pages(512));
    std::vector<VmMemory*> vms;
    for (std::uint16_t number = 0; number < 3; ++number) vms.push_back(&host.powerOn(number, Pages(32)));
    // Frames with 3, 6, 2 and 7 sharers.
    for (VmMemory* vm : vms) host.write(*vm, 0, 1);
    for (VmMemory* vm : vms) {
      for (const std::uint64_t gfn : {1u, 2u}) host.write(*vm, gfn, 2);
    }
    for (const std::uint64_t gfn : {8u, 9u}) host.write(*vms[0], gfn, 3);
    for (std::uint64_t gfn = 16; gfn < 22; ++gfn) host.write(*vms[1], gfn, 4);
    host.write(*vms[2], 16, 4);
    std::uint64_t sum = 0;
    for (VmMemory* vm : vms) scanAll(host, *vm);
    for (VmMemory* vm : vms) scanAll(host, *vm);
    for (VmMemory* vm : vms) sum += host.sharing().savingsOf(*vm).savedMillionths;
    const HostSavings savings = host.sharing().savings();
    QCOMPARE(savings.shared, Pages(18));
    QCOMPARE(savings.common, Pages(4));
    QVERIFY2(sum >= savings.saving().value() * 1'000'000 - 2 && sum <= savings.saving().value() * 1'000'000 + 2,
             qPrintable(QString::number(sum)));
    QCOMPARE(host.sharing().savingsOf(*vms[0]).savedMillionths, 3'333'333u);  // 2/3 + 5/3 + 1, rounded once
  }

  void saltingDecidesWhoShares_data() {
    QTest::addColumn<int>("salting");
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::addColumn<bool>("share");
    const QString none;
    QTest::newRow("off: all share") << 0 << "x"
                                    << "y" << true;
    QTest::newRow("given: equal salts") << 1 << "x"
                                        << "x" << true;
    QTest::newRow("given: other salts") << 1 << "x"
                                        << "y" << false;
    QTest::newRow("given: none is 0, twice") << 1 << none << none << true;
    QTest::newRow("given: none is 0") << 1 << none << "0" << true;
    QTest::newRow("given: none and another") << 1 << none << "x" << false;
    QTest::newRow("per VM: equal salts") << 2 << "x"
                                         << "x" << true;
    QTest::newRow("per VM: other salts") << 2 << "x"
                                         << "y" << false;
    QTest::newRow("per VM: none") << 2 << none << none << false;
    QTest::newRow("per VM: none and another") << 2 << none << "x" << false;
  }

  void saltingDecidesWhoShares() {
    QFETCH(int, salting);
    QFETCH(QString, first);
    QFETCH(QString, second);
    QFETCH(bool, share);
    const auto saltOf = [](const QString& text) { return text.isEmpty() ? std::nullopt : std::optional(text.toStdString()); };
    SharingHost host(Pages(256), quiet(static_cast<Salting>(salting)));
    VmMemory& a = host.powerOn(0, Pages(32), {VmSharing::On, saltOf(first)});
    VmMemory& b = host.powerOn(1, Pages(32), {VmSharing::On, saltOf(second)});
    for (VmMemory* vm : {&a, &b}) {
      for (const std::uint64_t gfn : {0u, 1u}) host.write(*vm, gfn, 7);
    }
    QCOMPARE(host.scan(a, 0), ShareAttempt::Alone);
    QCOMPARE(host.scan(b, 0), share ? ShareAttempt::Shared : ShareAttempt::Alone);
    QCOMPARE(host.scan(a, 1), ShareAttempt::Shared);  // within a VM always
    QCOMPARE(host.scan(b, 1), ShareAttempt::Shared);
    QCOMPARE(host.frameOf(a, 0) == host.frameOf(b, 0), share);
    QVERIFY_AUDIT(host);
  }

  void saltActsFromTheNextPowerOn() {
    SharingHost host(Pages(256), quiet(Salting::PerVm));
    VmMemory& a = host.powerOn(0, Pages(32));
    host.powerOn(1, Pages(32));
    host.write(a, 0, 7);
    host.scan(a, 0);
    host.sharing().setSalting(Salting::Off);
    host.write(host.vm(1), 0, 7);
    QCOMPARE(host.scan(host.vm(1), 0), ShareAttempt::Alone);
    host.powerOff(0);
    VmMemory& again = host.powerOn(0, Pages(32));
    VmMemory& other = host.powerOn(2, Pages(32));
    for (VmMemory* vm : {&again, &other}) host.write(*vm, 0, 7);
    host.scan(again, 0);
    QCOMPARE(host.scan(other, 0), ShareAttempt::Shared);
    QVERIFY_AUDIT(host);
  }

  void pageIsSharedBeforeItIsSwappedOrLeavesNoTrace() {
    SharingHost host(Pages(256));
    VmMemory& a = host.powerOn(0, Pages(32));
    VmMemory& b = host.powerOn(1, Pages(32));
    host.write(a, 0, 7);
    host.write(b, 0, 7);
    QCOMPARE(host.sharing().tryShare(a, Gfn(0), ShareOccasion::BeforeSwap, 0), ShareAttempt::Alone);
    QCOMPARE(host.sharing().table().hints(), 0u);
    host.scan(a, 0);
    // Page 0 of a was faulted just now: an instruction may be about to write to it.
    QCOMPARE(host.sharing().tryShare(b, Gfn(0), ShareOccasion::BeforeSwap, 0), ShareAttempt::Alone);
    host.forgetRecent(a);
    const std::uint64_t cause = host.log().recorded();
    QCOMPARE(host.sharing().tryShare(b, Gfn(0), ShareOccasion::BeforeSwap, cause), ShareAttempt::Shared);
    QCOMPARE(host.events().back().cause, cause);
    QVERIFY_AUDIT(host);
  }

  void scanningCostsTheHostAndNoVm() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u}) host.write(vm, gfn, 7);
    const VirtualTime clock = vm.clock.now();
    host.scan(vm, 0);
    QCOMPARE(host.sharing().hostCpuTime(), host.costs().scanPage);
    host.scan(vm, 1);  // this page, the hinted page again, and both compared
    QCOMPARE(host.sharing().hostCpuTime(), host.costs().scanPage * 3 + host.costs().comparePage);
    host.scan(vm, 20);  // untouched
    QCOMPARE(host.sharing().hostCpuTime(), host.costs().scanPage * 3 + host.costs().comparePage);
    QCOMPARE(vm.clock.now(), clock);
  }

  void lookingForPagesToShareSetsNoAccessedBit() {
    SharingHost host(Pages(256));
    VmMemory& vm = host.powerOn(0, Pages(32));
    for (const std::uint64_t gfn : {0u, 1u, 2u}) host.write(vm, gfn, gfn / 2);
    scanAll(host, vm);
    for (const std::uint64_t gfn : {0u, 1u, 2u}) QVERIFY(!vm.guest.entry(Gfn(gfn)).accessed());
  }

  void scanIsRecordedOnceForEachVmThatWasScanned() {
    ShareSettings settings = quiet();
    settings.rate = FixedScanRate{50, 200};
    SharingHost host(Pages(512), settings);
    VmMemory& a = host.powerOn(0, Pages(32));
    host.powerOn(1, Pages(32), {VmSharing::Off, {}});
    for (std::uint64_t gfn = 8; gfn < 32; ++gfn) host.write(a, gfn, 0);
    host.sharing().scan(milliseconds(10));  // half a page
    QCOMPARE(host.count(EventKind::Scan), 0u);
    host.sharing().scan(seconds(2));
    QCOMPARE(host.count(EventKind::Scan), 1u);
    const auto first = std::ranges::find(host.events(), EventKind::Scan, &Event::kind);
    QVERIFY(first->vm == a.id);
    QCOMPARE(first->values[0], 100u);
    QCOMPARE(first->values[1], 0u);
    QVERIFY(host.count(EventKind::Share) > 10);
    for (const Event& event : host.events()) {
      if (event.kind == EventKind::Share) QCOMPARE(event.cause, first->sequence);
    }
    host.sharing().scan(seconds(4));
    const auto second = std::find_if(first + 1, host.events().end(), [](const Event& event) { return event.kind == EventKind::Scan; });
    QVERIFY(second != host.events().end());
    QVERIFY(second->values[1] > 10);
    QVERIFY(second->values[1] <= host.sharing().countersOf(a.id).hits);
  }

  void ratesAreExactOverLongTimes() {
    ShareSettings settings;
    settings.rate = WholeScanRate{60, 1024, 100'000};
    settings.scale = {Pages(4096), bytesOf(Pages(4096)) * 16, 7};
    SharingHost host(Pages(4096), settings);
    VmMemory& small = host.powerOn(0, Pages(101));
    VmMemory& large = host.powerOn(1, Pages(1000));
    Random random(1, "steps");
    VirtualTime now;
    while (now < seconds(3600)) {
      now = std::min(now + nanoseconds(random.below(3'000'000'000)), seconds(3600));
      host.sharing().scan(now);
    }
    // Seven passes in an hour.
    QCOMPARE(host.sharing().countersOf(small.id).scanned, 707u);
    QCOMPARE(host.sharing().countersOf(large.id).scanned, 7000u);
  }

  void hostsCapSlowsAllVmsByTheSameFactor() {
    ShareSettings settings = quiet();
    settings.rate = FixedScanRate{50, 200};
    SharingHost host(Pages(512), settings);
    for (std::uint16_t number = 0; number < 7; ++number) host.powerOn(number, Pages(8));
    for (int step = 1; step <= 70'000; ++step) host.sharing().scan(milliseconds(10) * static_cast<std::uint64_t>(step));
    for (std::uint16_t number = 0; number < 7; ++number) {
      const std::uint64_t scanned = host.sharing().countersOf(VmId(number)).scanned;
      QVERIFY2(scanned == 20'000 || scanned == 19'999, qPrintable(QString::number(scanned)));  // 700 s of 200 / 7 pages
    }
    QVERIFY(host.sharing().counters().scanned <= 140'000);
  }

  void rateFollowsVmsThatComeAndGo() {
    ShareSettings settings = quiet();
    settings.rate = FixedScanRate{50, 60};
    SharingHost host(Pages(512), settings);
    host.powerOn(0, Pages(8));
    host.sharing().scan(seconds(10));
    QCOMPARE(host.sharing().countersOf(VmId(0)).scanned, 500u);
    host.log().setHostTime(seconds(10));
    host.powerOn(1, Pages(8));
    host.sharing().scan(seconds(20));  // 30 a second each
    QCOMPARE(host.sharing().countersOf(VmId(0)).scanned, 800u);
    QCOMPARE(host.sharing().countersOf(VmId(1)).scanned, 300u);
    host.log().setHostTime(seconds(20));
    host.powerOff(0);
    host.sharing().scan(seconds(30));
    QCOMPARE(host.sharing().countersOf(VmId(1)).scanned, 800u);
    host.log().setHostTime(seconds(35));
    host.sharing().setRate(FixedScanRate{10, 60});  // what was due until then is scanned at the old rate
    host.sharing().scan(seconds(40));
    QCOMPARE(host.sharing().countersOf(VmId(1)).scanned, 800u + 250u + 50u);
  }

  void rateOfZeroIsOff_data() {
    QTest::addColumn<int>("kind");
    for (int kind = 0; kind < 4; ++kind) QTest::addRow("%d", kind) << kind;
  }
  void rateOfZeroIsOff() {
    QFETCH(int, kind);
    ShareSettings settings = quiet();
    const ScanRateSetting rates[] = {FixedScanRate{0, 200}, FixedScanRate{50, 0}, WholeScanRate{10, 0, 1000}, WholeScanRate{10, 1024, 0}};
    settings.rate = rates[kind];
    SharingHost host(Pages(512), settings);
    host.powerOn(0, Pages(64));
    host.sharing().scan(seconds(100'000));
    QCOMPARE(host.sharing().counters().scanned, 0u);
  }

  void aPassDrawsAShareOfAllPagesThatFollowsTheExponentialLaw() {
    ShareSettings settings = quiet();
    settings.rate = WholeScanRate{10, 32768, 1'000'000};
    SharingHost host(Pages(8192), settings);
    VmMemory& vm = host.powerOn(0, Pages(4096));
    for (std::uint64_t gfn = 8; gfn < 4096; ++gfn) host.write(vm, gfn, gfn);
    for (const double passes : {0.5, 1.0, 2.0}) {
      host.sharing().scan(milliseconds(static_cast<std::uint64_t>(passes * 600'000)));
      const double drawn = static_cast<double>(host.sharing().hintsOf(vm.id)) / 4088;
      QVERIFY2(std::abs(drawn - (1 - std::exp(-passes))) < 0.03, qPrintable(QString::number(drawn)));
    }
  }

  void shareStormAndBreakStormLeaveNothingBehind() {
    SharingHost host(Pages(12'000));
    VmMemory& vm = host.powerOn(0, Pages(5000));
    for (std::uint64_t gfn = 8; gfn < 5000; ++gfn) host.write(vm, gfn, 0);
    QCOMPARE(scanAll(host, vm), 4991u);
    QCOMPARE(host.machine().count(FrameUse::Shared), Pages(1));
    QVERIFY_AUDIT(host);
    for (std::uint64_t gfn = 8; gfn < 5000; ++gfn) host.write(vm, gfn, gfn);
    QCOMPARE(host.machine().count(FrameUse::Shared), Pages(0));
    QCOMPARE(host.sharing().table().sharedFrames(), 0u);
    QVERIFY_AUDIT(host);
    for (std::uint64_t gfn = 8; gfn < 5000; ++gfn) QVERIFY(pageHolds(host.machine().bytes(host.frameOf(vm, gfn)), gfn));
  }
};

OVERCOMMIT_TEST(PageSharingTest)
#include "page_sharing_test.moc"

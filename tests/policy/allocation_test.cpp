// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/allocation.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "policy/min_funding.h"
#include "policy/taxes.h"
#include "policy/wide.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kPagesPerMiB = 256;

VmClaim claim(std::uint64_t shares, std::uint64_t configured, std::uint64_t active, std::uint64_t reservation = 0) {
  return {.shares = shares, .configured = Pages(configured), .reservation = Pages(reservation), .active = Pages(active)};
}

std::vector<std::uint64_t> targets(std::uint64_t available, const std::vector<VmClaim>& vms, IdleTax tax) {
  std::vector<std::uint64_t> values;
  for (const Pages pages : allocationTargets(Pages(available), vms, tax)) values.push_back(pages.value());
  return values;
}

std::uint64_t sum(const std::vector<std::uint64_t>& values) { return std::accumulate(values.begin(), values.end(), std::uint64_t{0}); }

using Values = std::vector<std::uint64_t>;

struct Bounds {
  std::uint64_t least, most;
};
Bounds boundsOf(const VmClaim& vm) {
  const std::uint64_t least = std::min(vm.reservation, vm.configured).value();
  const std::uint64_t most = std::max(least, std::min(vm.limit, vm.configured).value());
  return {least, vm.shares == 0 ? least : most};
}

// The law that defines the equilibrium, written out: everybody starts with what they may have at most, and pages are revoked one by
// one from whoever pays least.
std::vector<std::uint64_t> revokedPageByPage(std::uint64_t available, const std::vector<VmClaim>& vms, IdleTax tax) {
  std::vector<VmFunding> funding;
  std::uint64_t given = 0;
  for (const VmClaim& vm : vms) {
    const Bounds bounds = boundsOf(vm);
    funding.push_back({vm.shares, Pages(bounds.most), Pages(bounds.least), true, vm.active});
    given += bounds.most;
  }
  for (; given > available; --given) {
    const auto payer = leastFunded(funding, tax);
    if (!payer) break;
    funding[*payer].allocated -= Pages(1);
  }
  std::vector<std::uint64_t> left;
  for (const VmFunding& vm : funding) left.push_back(vm.allocated.value());
  return left;
}

VmClaim randomClaim(Random& random, std::uint64_t size) {
  VmClaim vm;
  vm.shares = random.below(10) == 0 ? 0 : 1 + random.below(std::uint64_t{1} << random.below(21));
  vm.configured = Pages(1 + random.below(size));
  vm.active = Pages(random.below(vm.configured.value() + 1));
  if (random.below(2) == 0) vm.reservation = Pages(random.below(vm.configured.value() / 2 + 1));
  if (random.below(3) == 0) vm.limit = vm.reservation + Pages(random.below(vm.configured.value()));
  return vm;
}

IdleTax randomTax(Random& random) {
  return {static_cast<std::uint32_t>(random.below(100)), random.below(2) == 0 ? IdleTaxCurve::Flat : IdleTaxCurve::Progressive};
}

std::vector<VmClaim> randomVms(Random& random, std::uint64_t count, std::uint64_t size) {
  std::vector<VmClaim> vms;
  for (std::uint64_t i = 0; i < count; ++i) vms.push_back(randomClaim(random, size));
  return vms;
}

}  // namespace

class AllocationTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void withoutPressureEveryVmHasAllItMayHave() {
    std::vector<VmClaim> vms{claim(10, 100, 5), claim(1000, 200, 5)};
    vms[1].limit = Pages(150);
    QCOMPARE(targets(250, vms, flat(75)), (Values{100, 150}));
    QCOMPARE(targets(1'000'000, vms, flat(75)), (Values{100, 150}));
    QCOMPARE(sum(targets(249, vms, flat(75))), 249u);
  }

  void twoEqualVmsHaveHalfEachWithoutTax() {  // E5 (W02 Fig 7): 358 MB for two VMs of 256 MB
    QCOMPARE(targets(358 * kPagesPerMiB,
                     {claim(2560, 256 * kPagesPerMiB, 20 * kPagesPerMiB), claim(2560, 256 * kPagesPerMiB, 250 * kPagesPerMiB)}, flat(0)),
             (Values{179 * kPagesPerMiB, 179 * kPagesPerMiB}));
  }

  void idleVmPaysForTheBusyOneAtDefaultTax() {  // E5: about 20 and 250 MB active, tau = 75 %
    QCOMPARE(targets(358 * kPagesPerMiB,
                     {claim(2560, 256 * kPagesPerMiB, 20 * kPagesPerMiB), claim(2560, 256 * kPagesPerMiB, 250 * kPagesPerMiB)}, flat(75)),
             (Values{102 * kPagesPerMiB, 256 * kPagesPerMiB}));
  }

  void gapOfTwoEqualVmsIsLinearInTheTax() {  // E6: P2 - P1 = tau (A2 - A1) where nothing clips
    for (std::uint32_t percent = 0; percent < 100; ++percent) {
      const auto t = targets(40'000, {claim(500, 100'000, 2'000), claim(500, 100'000, 12'000)}, flat(percent));
      QCOMPARE(t[1] - t[0], percent * 100u);
    }
  }

  void gapOfTwoEqualVmsIsExactToAPageAndTheOddPageIsTheLaterVms() {
    Random random(1, "gap");
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t tax = random.below(100), n = 2'000'000 + random.below(1'000'000);
      const std::uint64_t a1 = random.below(500'000), a2 = random.below(500'000), shares = 1 + random.below(1'000'000);
      const auto t = targets(n, {claim(shares, n, a1), claim(shares, n, a2)}, flat(static_cast<std::uint32_t>(tax)));
      QCOMPARE(t[0] + t[1], n);
      // P2 = (n + tau (A2 - A1)) / 2, rounded to the nearest page, halves up
      const auto doubled = static_cast<std::int64_t>(100 * n + tax * a2) - static_cast<std::int64_t>(tax * a1);
      QCOMPARE(t[1], static_cast<std::uint64_t>((doubled + 100) / 200));
    }
  }

  void oddPageIsTheLaterVms() { QCOMPARE(targets(7, {claim(1, 10, 10), claim(1, 10, 10)}, flat(75)), (Values{3, 4})); }

  void withoutTaxMemoryIsInProportionToShares() {
    QCOMPARE(targets(7'000, {claim(5, 10'000, 0), claim(10, 10'000, 9'000), claim(20, 10'000, 50)}, flat(0)), (Values{1000, 2000, 4000}));
  }

  void activeMemoryIsNotTaxedHoweverHighTheTax() {
    // both need all they have: shares alone decide
    for (const IdleTax tax : {flat(99), progressive(99)})
      QCOMPARE(targets(3'000, {claim(10, 10'000, 10'000), claim(20, 10'000, 10'000)}, tax), (Values{1000, 2000}));
  }

  void vmWithoutSharesIsHeldAtExactlyItsReservation() {  // A25 p353
    for (const std::uint64_t available : {500u, 700u, 100'000u})
      QCOMPARE(targets(available, {claim(0, 1000, 1000, 300), claim(1, 1000, 0)}, flat(75))[0], 300u);
    QCOMPARE(targets(10, {claim(0, 1000, 1000), claim(0, 1000, 1000)}, flat(75)), (Values{0, 0}));
  }

  void reservationIsKeptToThePage() {
    QCOMPARE(targets(1000, {claim(1, 1000, 0, 400), claim(100, 1000, 1000)}, flat(75)), (Values{400, 600}));
    QCOMPARE(targets(1000, {claim(1, 1000, 0, 401), claim(100, 1000, 1000)}, flat(75)), (Values{401, 599}));
  }

  void limitAndConfiguredSizeAreNotExceeded() {
    std::vector<VmClaim> vms{claim(1000, 300, 300), claim(1000, 1000, 1000), claim(1, 1000, 1000)};
    vms[1].limit = Pages(200);
    QCOMPARE(targets(1000, vms, flat(75)), (Values{300, 200, 500}));
  }

  void reservationsThatDoNotFitAreTheTargets() {
    QCOMPARE(targets(100, {claim(5, 100, 0, 80), claim(5, 100, 0, 70)}, flat(75)), (Values{80, 70}));
    QCOMPARE(targets(0, {claim(5, 100, 0, 80), claim(5, 100, 0)}, flat(75)), (Values{80, 0}));
  }

  void limitBelowTheReservationGivesTheReservation() {
    std::vector<VmClaim> vms{claim(5, 100, 0, 80), claim(5, 100, 100)};
    vms[0].limit = Pages(10);
    QCOMPARE(targets(150, vms, flat(0)), (Values{80, 70}));
  }

  void nobodyGetsNothing() { QVERIFY(allocationTargets(Pages(100), {}, flat(75)).empty()); }

  void moreMemoryThanIsTouchedIsNotKeptFromOthers() {
    // The first has touched 10 pages only: the second may have the rest, the first a share of what is left over.
    std::vector<VmClaim> vms{claim(10, 1000, 10), claim(10, 1000, 1000)};
    vms[0].wanted = Pages(10);
    vms[1].wanted = Pages(800);
    QCOMPARE(targets(500, vms, flat(75)), (Values{10, 490}));
    QCOMPARE(targets(810, vms, flat(75)), (Values{10, 800}));
    const auto roomy = targets(1500, vms, flat(75));
    QCOMPARE(sum(roomy), 1500u);
    QVERIFY(roomy[0] >= 10 && roomy[1] >= 800);
    vms[0].wanted = Pages(0);
    vms[0].reservation = Pages(100);
    QCOMPARE(targets(500, vms, flat(75)), (Values{100, 400}));
  }

  void idleHoarderLosesMoreUnderAHigherTax() {
    std::uint64_t before = ~std::uint64_t{0};
    for (std::uint32_t percent = 0; percent < 100; ++percent) {
      const std::uint64_t idle = targets(10'000, {claim(10, 9'000, 100), claim(10, 9'000, 8'000)}, flat(percent))[0];
      QVERIFY(idle <= before);
      before = idle;
    }
  }

  void progressiveTaxSparesTheModeratelyIdle() {
    // Three VMs of equal shares: busy, half idle, idle. The half idle one keeps more than under the flat tax.
    const std::vector<VmClaim> vms{claim(10, 6'000, 6'000), claim(10, 6'000, 3'000), claim(10, 6'000, 60)};
    const auto ours = targets(9'000, vms, progressive(75)), theirs = targets(9'000, vms, flat(75));
    QVERIFY(ours[1] >= theirs[1]);
    QVERIFY(ours[0] > ours[1] && ours[1] > ours[2]);
  }

  // Properties, over random VMs.
  void targetsAreWhatRevokingPageByPageComesTo() {
    Random random(1, "revoked");
    for (int i = 0; i < 2'000; ++i) {
      const auto vms = randomVms(random, 1 + random.below(6), 200);
      const IdleTax tax = randomTax(random);
      const std::uint64_t available = random.below(800);
      QCOMPARE(targets(available, vms, tax), revokedPageByPage(available, vms, tax));
    }
  }

  void sumIsAllThatIsAvailableOrAllowedAndBoundsAreKept() {
    Random random(2, "sum");
    for (int i = 0; i < 5'000; ++i) {
      auto vms = randomVms(random, 1 + random.below(40), std::uint64_t{1} << random.below(25));
      if (random.below(2) == 0) {
        for (VmClaim& vm : vms) vm.wanted = Pages(random.below(vm.configured.value() + 1));
      }
      std::uint64_t least = 0, most = 0;
      for (const VmClaim& vm : vms) {
        least += boundsOf(vm).least;
        most += boundsOf(vm).most;
      }
      const std::uint64_t available = random.below(most + most / 4 + 2);
      const auto t = targets(available, vms, randomTax(random));
      QCOMPARE(sum(t), std::clamp(available, least, most));
      for (std::size_t vm = 0; vm < vms.size(); ++vm) QVERIFY(t[vm] >= boundsOf(vms[vm]).least && t[vm] <= boundsOf(vms[vm]).most);
    }
  }

  void movingAPageNeverMakesThePoorestRicher() {
    Random random(3, "moving");
    for (int i = 0; i < 2'000; ++i) {
      const auto vms = randomVms(random, 2 + random.below(20), std::uint64_t{1} << (4 + random.below(21)));
      const IdleTax tax = randomTax(random);
      std::uint64_t least = 0, most = 0;
      for (const VmClaim& vm : vms) {
        least += boundsOf(vm).least;
        most += boundsOf(vm).most;
      }
      if (most == least) continue;
      const auto t = targets(least + random.below(most - least), vms, tax);
      for (std::size_t from = 0; from < vms.size(); ++from) {
        if (t[from] == boundsOf(vms[from]).least) continue;
        const std::uint64_t paid = ChargeCurve(vms[from].active, tax).chargeOf(Pages(t[from]));
        for (std::size_t to = 0; to < vms.size(); ++to) {
          if (to == from || t[to] == boundsOf(vms[to]).most) continue;
          // shares / charge of `from` now >= shares / charge of `to` with a page more; of equals the later one has it
          const std::uint64_t offered = ChargeCurve(vms[to].active, tax).chargeOf(Pages(t[to] + 1));
          const Wide now = Wide{vms[from].shares} * offered, then = Wide{vms[to].shares} * paid;
          QVERIFY(now > then || (now == then && from > to));
        }
      }
    }
  }

  void moreSharesNeverMeanLessMemory() {
    Random random(4, "shares");
    for (int i = 0; i < 2'000; ++i) {
      auto vms = randomVms(random, 2 + random.below(10), 100'000);
      const IdleTax tax = randomTax(random);
      const std::uint64_t available = random.below(400'000);
      const std::size_t one = random.below(vms.size());
      const std::uint64_t before = targets(available, vms, tax)[one];
      vms[one].shares += 1 + random.below(vms[one].shares + 10);
      QVERIFY(targets(available, vms, tax)[one] >= before);
    }
  }

  void moreAvailableMemoryNeverMeansLessForAnybody() {
    Random random(5, "available");
    for (int i = 0; i < 2'000; ++i) {
      const auto vms = randomVms(random, 1 + random.below(10), 100'000);
      const IdleTax tax = randomTax(random);
      const std::uint64_t available = random.below(400'000);
      const auto before = targets(available, vms, tax), after = targets(available + 1 + random.below(1000), vms, tax);
      for (std::size_t vm = 0; vm < vms.size(); ++vm) QVERIFY(after[vm] >= before[vm]);
    }
  }

  void largestSharesAndMemoryDoNotOverflow() {
    constexpr std::uint64_t kShares = std::uint64_t{1} << 27;
    for (const IdleTax tax : {flat(0), flat(99), progressive(1), progressive(99)}) {
      const std::vector<VmClaim> vms{claim(kShares, kMostTaxedPages.value(), 0), claim(1, kMostTaxedPages.value(), kMostTaxedPages.value()),
                                     claim(kShares, kMostTaxedPages.value(), 1)};
      QCOMPARE(sum(targets(kMostTaxedPages.value() * 2 + 1, vms, tax)), kMostTaxedPages.value() * 2 + 1);
      QCOMPARE(sum(targets(1, vms, tax)), 1u);
    }
  }
};

OVERCOMMIT_TEST(AllocationTest)
#include "allocation_test.moc"

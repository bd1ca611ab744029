// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/min_funding.h"

#include <vector>

#include "support/test.h"

using namespace overcommit;

namespace {

constexpr bool kEligible = true;

VmFunding vmWith(std::uint64_t shares, std::uint64_t allocated, std::uint64_t reservation = 0) {
  return {shares, Pages(allocated), Pages(reservation), kEligible};
}

std::optional<std::size_t> least(const std::vector<VmFunding>& vms) { return leastFunded(vms); }

}  // namespace

class MinFundingTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whoPaysLeastPerPageGives() {
    QCOMPARE(least({vmWith(1000, 100), vmWith(1000, 200), vmWith(1000, 150)}), std::optional<std::size_t>(1));
    QCOMPARE(least({vmWith(3000, 300), vmWith(1000, 99)}), std::optional<std::size_t>(0));
  }

  void memoryIsTakenUntilItIsInProportionToShares() {
    std::vector<VmFunding> vms{vmWith(2000, 600), vmWith(1000, 600), vmWith(1000, 600)};
    for (int page = 0; page < 1000; ++page) vms[*least(vms)].allocated -= Pages(1);
    QCOMPARE(vms[0].allocated.value(), 400u);
    QCOMPARE(vms[1].allocated.value(), 200u);
    QCOMPARE(vms[2].allocated.value(), 200u);
  }

  void firstOfEqualsGives() { QCOMPARE(least({vmWith(10, 10), vmWith(20, 20)}), std::optional<std::size_t>(0)); }

  void reservationIsKeptToThePage() {
    QCOMPARE(least({vmWith(1, 101, 100), vmWith(1000, 50)}), std::optional<std::size_t>(0));
    QCOMPARE(least({vmWith(1, 100, 100), vmWith(1000, 50)}), std::optional<std::size_t>(1));
    QCOMPARE(least({vmWith(1, 100, 100), vmWith(1000, 50, 51)}), std::optional<std::size_t>());
  }

  void whoIsNotEligibleIsPassedOver() {
    std::vector<VmFunding> vms{vmWith(1, 100), vmWith(1000, 50)};
    vms[0].eligible = false;
    QCOMPARE(least(vms), std::optional<std::size_t>(1));
  }

  void noSharesPayNothing() { QCOMPARE(least({vmWith(5, 1000), vmWith(0, 1), vmWith(0, 0)}), std::optional<std::size_t>(1)); }

  void nobodyGivesWhereNobodyHasAnything() {
    QCOMPARE(least({}), std::optional<std::size_t>());
    QCOMPARE(least({vmWith(5, 0)}), std::optional<std::size_t>());
  }

  void largestSharesAndMemoryAreComparedExactly() {
    constexpr std::uint64_t kShares = std::uint64_t{1} << 27, kPages = (std::uint64_t{1} << 30) - 1;
    QCOMPARE(least({vmWith(kShares, kPages - 1), vmWith(kShares, kPages)}), std::optional<std::size_t>(1));
    QCOMPARE(least({vmWith(kShares - 1, kPages), vmWith(kShares, kPages)}), std::optional<std::size_t>(0));
  }

  void idleTaxDecidesTheWorkedExamCase() {  // N5: tau = 0.8; f = 0.25 of 4,000 pages against 0.85 of 2,000
    std::vector<VmFunding> vms{vmWith(6000, 4000), vmWith(2000, 2000)};
    vms[0].active = Pages(1000);
    vms[1].active = Pages(1700);
    const IdleTax tax{80, IdleTaxCurve::Flat};
    QCOMPARE(fundingMillionths(vms[0], tax), 375'000u);
    QCOMPARE(fundingMillionths(vms[1], tax), 625'000u);
    QCOMPARE(leastFunded(vms, tax), std::optional<std::size_t>(0));
    // Without the tax it is the other way round.
    QCOMPARE(fundingMillionths(vms[0]), 1'500'000u);
    QCOMPARE(fundingMillionths(vms[1]), 1'000'000u);
    QCOMPARE(leastFunded(vms), std::optional<std::size_t>(1));
  }

  void withoutTaxTheEstimateDoesNotMatter() {
    std::vector<VmFunding> vms{vmWith(1000, 100), vmWith(1000, 101)};
    for (const std::uint64_t active : {0u, 50u, 1000u}) {
      vms[1].active = Pages(active);
      QCOMPARE(leastFunded(vms), std::optional<std::size_t>(1));
      QCOMPARE(fundingMillionths(vms[1]), 1'000'000'000u / 101);
    }
  }

  void priceIsSharesPerPageInMillionths() {
    QCOMPARE(fundingMillionths(vmWith(2560, 256)), 10'000'000u);
    QCOMPARE(fundingMillionths(vmWith(1, 3)), 333'333u);
    QCOMPARE(fundingMillionths(vmWith(1, 0)), 0u);
  }
};

OVERCOMMIT_TEST(MinFundingTest)
#include "min_funding_test.moc"

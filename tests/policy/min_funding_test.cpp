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

  void priceIsSharesPerPageInMillionths() {
    QCOMPARE(fundingMillionths(vmWith(2560, 256)), 10'000'000u);
    QCOMPARE(fundingMillionths(vmWith(1, 3)), 333'333u);
    QCOMPARE(fundingMillionths(vmWith(1, 0)), 0u);
  }
};

OVERCOMMIT_TEST(MinFundingTest)
#include "min_funding_test.moc"

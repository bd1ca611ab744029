// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"

#include <array>
#include <vector>

#include "support/test.h"

using namespace overcommit;

class RandomTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sameSeedAndConsumerGiveTheSameSequence() {
    Random a(42, "swap victims");
    Random b(42, "swap victims");
    for (int i = 0; i < 1000; ++i) QCOMPARE(a.next(), b.next());
  }

  void otherSeedsAndOtherConsumersGiveOtherSequences() {
    Random base(42, "swap victims");
    Random otherSeed(43, "swap victims");
    Random otherConsumer(42, "sampling");
    const std::uint64_t first = base.next();
    QVERIFY(first != otherSeed.next());
    QVERIFY(first != otherConsumer.next());
  }

  // The digests of all runs rest on this sequence: it must never change.
  void theSequenceIsTheOneOfTheFirstRelease() {
    Random random(1, "golden");
    const std::array<std::uint64_t, 3> drawn{random.next(), random.next(), random.below(1000)};
    const std::array<std::uint64_t, 3> expected{kGolden0, kGolden1, kGolden2};
    QCOMPARE(drawn, expected);
  }

  void boundedDrawsStayInBoundsAndReachEveryValue() {
    Random random(7, "bounds");
    std::array<int, 10> seen{};
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t drawn = random.below(seen.size());
      QVERIFY(drawn < seen.size());
      ++seen[drawn];
    }
    // 1,000 expected each, standard deviation 30.
    for (const int count : seen) QVERIFY2(count > 800 && count < 1200, std::to_string(count).c_str());
  }

  void aBoundOfOneLeavesNoChoice() {
    Random random(7, "one");
    for (int i = 0; i < 100; ++i) QCOMPARE(random.below(1), std::uint64_t{0});
  }

  void boundsAboveHalfTheRangeAreUnbiased() {
    Random random(7, "large");
    const std::uint64_t bound = 3ull << 62;
    int upper = 0;
    for (int i = 0; i < 3000; ++i) upper += random.below(bound) >= (1ull << 63) ? 1 : 0;
    QVERIFY2(upper > 900 && upper < 1100, std::to_string(upper).c_str());
  }

 private:
  static constexpr std::uint64_t kGolden0 = 4960763250869512729u, kGolden1 = 8289268558561751903u, kGolden2 = 898;
};

OVERCOMMIT_TEST(RandomTest)
#include "random_test.moc"

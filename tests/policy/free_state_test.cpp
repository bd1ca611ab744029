// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/free_state.h"

#include <vector>

#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

// PublishedMinFree sizes of MinFree on the sliding scale, in hundredths of a MiB.
struct PublishedMinFree {
  std::uint64_t host, minFree;
};
const std::vector<PublishedMinFree> kPublishedMinFree{{512 * kMiB, 3072},   {kGiB, 6144},          {2 * kGiB, 12288},  {4 * kGiB, 24576},
                                                      {8 * kGiB, 40960},    {16 * kGiB, 65536},    {28 * kGiB, 90112}, {64 * kGiB, 126976},
                                                      {128 * kGiB, 192512}, {1024 * kGiB, 1110016}};

// A host on which all thresholds differ: 1,000 frames of MinFree.
constexpr FreeStateThresholds kThresholds{Pages(1000), Pages(640), Pages(320), Pages(160), Pages(40)};

FreeState next(FreeState current, std::uint64_t free) { return nextFreeState(current, Pages(free), kThresholds); }

// The same host with a clear state at MinFree and high at 400 % of it (EPP15).
constexpr FreeStateThresholds kFive{Pages(4000), Pages(640), Pages(320), Pages(160), Pages(40), Pages(1000)};
FreeState nextOfFive(FreeState current, std::uint64_t free) { return nextFreeState(current, Pages(free), kFive); }

constexpr FreeStateRules kEsx5{};
constexpr FreeStateRules kEsx6{MinFreeScale::Sliding, ClearState::Present, BalloonInHard::Stops, 400};

void compare(const Permits& actual, const Permits& expected) {
  QCOMPARE(actual.breakLargePages, expected.breakLargePages);
  QCOMPARE(actual.shareActively, expected.shareActively);
  QCOMPARE(actual.balloon, expected.balloon);
  QCOMPARE(static_cast<int>(actual.swap), static_cast<int>(expected.swap));
  QCOMPARE(actual.block, expected.block);
}

}  // namespace

class FreeStateTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void slidingScaleIsThePublishedOneToTheByte() {
    for (const PublishedMinFree& published : kPublishedMinFree) {
      // hundredths of a MiB, rounded down to a byte
      QCOMPARE(minFreeOf(Bytes(published.host), MinFreeScale::Sliding, 0).value(), published.minFree * kMiB / 100);
    }
  }

  void sixPercentOfAnySizeIsRoundedDownToAByte() {
    for (const std::uint64_t host : {std::uint64_t{4096}, 512 * kMiB, 8 * kGiB, 96 * kGiB, 1024 * kGiB}) {
      QCOMPARE(minFreeOf(Bytes(host), MinFreeScale::SixPercent, 0).value(), host * 6 / 100);
    }
  }

  void percentageReplacesEitherScale() {
    for (const MinFreeScale scale : {MinFreeScale::SixPercent, MinFreeScale::Sliding}) {
      QCOMPARE(minFreeOf(Bytes(64 * kGiB), scale, 2).value(), 64 * kGiB * 2 / 100);
      QCOMPARE(minFreeOf(Bytes(64 * kGiB), scale, 50).value(), 32 * kGiB);
    }
  }

  void bothScalesAgreeUpToFourGibibytes() {
    for (const std::uint64_t host : {kGiB, 4 * kGiB})
      QCOMPARE(minFreeOf(Bytes(host), MinFreeScale::Sliding, 0).value(), minFreeOf(Bytes(host), MinFreeScale::SixPercent, 0).value());
    QVERIFY(minFreeOf(Bytes(4 * kGiB + 4096), MinFreeScale::Sliding, 0) < minFreeOf(Bytes(4 * kGiB + 4096), MinFreeScale::SixPercent, 0));
  }

  void smallHostHasTheThresholdsOfTheHostItStandsFor() {
    // 8 GiB: 409.6 MiB = 5 %. At 128 MiB, k = 64: 6.4 MiB = 1638.4 frames, rounded up.
    const auto thresholds = thresholdsFor(Pages(32768), Bytes(8 * kGiB), MinFreeScale::Sliding, 0);
    QCOMPARE(thresholds.high.value(), 1639u);
    QCOMPARE(thresholds.soft.value(), 1639u * 64 / 100);
    QCOMPARE(thresholds.hard.value(), 1639u * 32 / 100);
    QCOMPARE(thresholds.low.value(), 1639u * 16 / 100);
    QCOMPARE(thresholds.hysteresis.value(), 66u);  // 4 %, rounded up
  }

  void hostThatStandsForItselfHasThePublishedThresholds() {
    const auto thresholds = thresholdsFor(Pages(kGiB / kPageSize), Bytes(kGiB), MinFreeScale::Sliding, 0);
    QCOMPARE(thresholds.high.value(), (kGiB * 6 / 100 + kPageSize - 1) / kPageSize);
  }

  void thresholdsNeverCross() {
    for (std::uint64_t frames = 1; frames < 100'000; frames = frames * 3 / 2 + 1) {
      const auto t = thresholdsFor(Pages(frames), Bytes(frames * kPageSize), MinFreeScale::Sliding, 0);
      QVERIFY(t.low <= t.hard && t.hard <= t.soft && t.soft < t.high && t.hysteresis > Pages(0));
    }
  }

  void scaleNeedNotBeAWholeNumber() {
    // 100 frames stand for 1 MiB, 2.56 pages each: MinFree is 62,914 bytes = 5.9… frames of 10,485.76 bytes.
    QCOMPARE(thresholdsFor(Pages(100), Bytes(kMiB), MinFreeScale::Sliding, 0).high.value(), 6u);
    // 1,000 frames stand for 12 GiB: (6 % of 4 + 4 % of 8) / 12 = 4.66… %
    QCOMPARE(thresholdsFor(Pages(1000), Bytes(12 * kGiB), MinFreeScale::Sliding, 0).high.value(), 47u);
  }

  void stateIsEnteredBelowItsThresholdToThePage() {
    QCOMPARE(next(FreeState::High, 1000), FreeState::High);
    QCOMPARE(next(FreeState::High, 640), FreeState::High);
    QCOMPARE(next(FreeState::High, 639), FreeState::Soft);
    QCOMPARE(next(FreeState::High, 320), FreeState::Soft);
    QCOMPARE(next(FreeState::High, 319), FreeState::Hard);
    QCOMPARE(next(FreeState::High, 160), FreeState::Hard);
    QCOMPARE(next(FreeState::High, 159), FreeState::Low);
    QCOMPARE(next(FreeState::Soft, 319), FreeState::Hard);
    QCOMPARE(next(FreeState::Hard, 0), FreeState::Low);
  }

  void stateIsLeftUpwardsOnlyWellAboveTheNextThreshold() {
    QCOMPARE(next(FreeState::Soft, 1039), FreeState::Soft);
    QCOMPARE(next(FreeState::Soft, 1040), FreeState::High);
    QCOMPARE(next(FreeState::Hard, 679), FreeState::Hard);
    QCOMPARE(next(FreeState::Hard, 680), FreeState::Soft);
    QCOMPARE(next(FreeState::Low, 359), FreeState::Low);
    QCOMPARE(next(FreeState::Low, 360), FreeState::Hard);
  }

  void hostThatBecomesEmptyOrFullAtOnceSkipsStates() {
    QCOMPARE(next(FreeState::High, 0), FreeState::Low);
    QCOMPARE(next(FreeState::Low, 1040), FreeState::High);
    QCOMPARE(next(FreeState::Low, 1039), FreeState::Soft);
    QCOMPARE(next(FreeState::Low, 679), FreeState::Hard);
  }

  void stateDoesNotFlutterAtAThreshold() {
    FreeState state = FreeState::High;
    int changes = 0;
    for (int i = 0; i < 100; ++i) {
      const FreeState after = next(state, i % 2 == 0 ? 639 : 641);
      changes += after != state ? 1 : 0;
      state = after;
    }
    QCOMPARE(changes, 1);
  }

  void thresholdOfAStateIsWhereItIsEntered() {
    for (const FreeState state : {FreeState::Soft, FreeState::Hard, FreeState::Low}) {
      const std::uint64_t threshold = thresholdOf(state, kThresholds).value();
      QVERIFY(next(FreeState::High, threshold) < state);
      QCOMPARE(next(FreeState::High, threshold - 1), state);
    }
    QCOMPARE(thresholdOf(FreeState::High, kThresholds).value(), 0u);
    QCOMPARE(thresholdOf(FreeState::Clear, kFive).value(), 1000u);
  }

  void rulesOfFourStatesGiveTheThresholdsOfTheScaleAlone() {
    for (const MinFreeScale scale : {MinFreeScale::SixPercent, MinFreeScale::Sliding}) {
      for (std::uint64_t frames = 1; frames < 100'000; frames = frames * 3 / 2 + 1) {
        const auto old = thresholdsFor(Pages(frames), Bytes(frames * kPageSize * 64), scale, 0);
        const auto t = thresholdsFor(Pages(frames), Bytes(frames * kPageSize * 64), FreeStateRules{.scale = scale}, 0);
        QVERIFY(t.high == old.high && t.soft == old.soft && t.hard == old.hard && t.low == old.low && t.hysteresis == old.hysteresis);
        QCOMPARE(t.clear.value(), 0u);
      }
    }
  }

  void clearLiesAtMinFreeAndHighAtAMultipleOfIt() {
    const auto five = thresholdsFor(Pages(32768), Bytes(8 * kGiB), kEsx5, 0);
    const auto six = thresholdsFor(Pages(32768), Bytes(8 * kGiB), kEsx6, 0);
    QCOMPARE(six.clear.value(), 1639u);
    QCOMPARE(six.high.value(), 4 * 1639u);
    QVERIFY(six.soft == five.soft && six.hard == five.hard && six.low == five.low && six.hysteresis == five.hysteresis);
    FreeStateRules threefold = kEsx6;
    threefold.highPercent = 300;  // CF, VROPS
    QCOMPARE(thresholdsFor(Pages(32768), Bytes(8 * kGiB), threefold, 0).high.value(), 3 * 1639u);
  }

  void clearIsEnteredBelowMinFreeToThePage() {
    QCOMPARE(nextOfFive(FreeState::High, 4000), FreeState::High);
    QCOMPARE(nextOfFive(FreeState::High, 3999), FreeState::High);
    QCOMPARE(nextOfFive(FreeState::High, 1000), FreeState::High);
    QCOMPARE(nextOfFive(FreeState::High, 999), FreeState::Clear);
    QCOMPARE(nextOfFive(FreeState::High, 640), FreeState::Clear);
    QCOMPARE(nextOfFive(FreeState::Clear, 639), FreeState::Soft);
    QCOMPARE(nextOfFive(FreeState::Soft, 319), FreeState::Hard);
    QCOMPARE(nextOfFive(FreeState::Hard, 159), FreeState::Low);
  }

  void clearIsOnTheWayUpAndLeftOnlyWellAboveHigh() {
    QCOMPARE(nextOfFive(FreeState::Low, 359), FreeState::Low);
    QCOMPARE(nextOfFive(FreeState::Low, 360), FreeState::Hard);
    QCOMPARE(nextOfFive(FreeState::Hard, 680), FreeState::Soft);
    QCOMPARE(nextOfFive(FreeState::Soft, 1039), FreeState::Soft);
    QCOMPARE(nextOfFive(FreeState::Soft, 1040), FreeState::Clear);
    QCOMPARE(nextOfFive(FreeState::Clear, 4039), FreeState::Clear);
    QCOMPARE(nextOfFive(FreeState::Clear, 4040), FreeState::High);
    QCOMPARE(nextOfFive(FreeState::Low, 4040), FreeState::High);
  }

  void clearIsLeftWhenTheVintageHasNone() {
    QCOMPARE(next(FreeState::Clear, 1040), FreeState::High);
    QCOMPARE(next(FreeState::Clear, 639), FreeState::Soft);
  }

  void stateAfterTheStateIsTheStateItself() {
    for (const FreeStateThresholds& thresholds : {kThresholds, kFive}) {
      for (const FreeState from : {FreeState::High, FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
        for (std::uint64_t free = 0; free < 4100; ++free) {
          const FreeState to = nextFreeState(from, Pages(free), thresholds);
          QCOMPARE(nextFreeState(to, Pages(free), thresholds), to);
        }
      }
    }
  }

  void reclaimingIsDoneWhereSoftIsLeft() {
    for (const FreeStateThresholds& thresholds : {kThresholds, kFive}) {
      const Pages goal = reclaimGoal(thresholds);
      QCOMPARE(goal.value(), 1040u);
      QVERIFY(nextFreeState(FreeState::Soft, goal, thresholds) < FreeState::Soft);
      QCOMPARE(nextFreeState(FreeState::Soft, goal - Pages(1), thresholds), FreeState::Soft);
    }
  }

  void headroomEndsBelowTheHighThresholdToThePage() {
    QVERIFY(headroomOf(Pages(1000), kThresholds) == Headroom::Enough);
    QVERIFY(headroomOf(Pages(999), kThresholds) == Headroom::BelowHigh);
    QVERIFY(headroomOf(Pages(4000), kFive) == Headroom::Enough);
    QVERIFY(headroomOf(Pages(3999), kFive) == Headroom::BelowHigh);
  }

  // The action table, a test for each row: W02 section 6.3 and EPP11 for four states, EPP15 for five.
  void inHighNothingIsPermitted() {
    compare(permitsIn(FreeState::High, Headroom::Enough, kEsx5), {});
    compare(permitsIn(FreeState::High, Headroom::Enough, kEsx6), {});
  }

  void belowHighEsx5BalloonsAlready() { compare(permitsIn(FreeState::High, Headroom::BelowHigh, kEsx5), {.balloon = true}); }

  void belowHighEsx6OnlyBreaksLargePages() { compare(permitsIn(FreeState::High, Headroom::BelowHigh, kEsx6), {.breakLargePages = true}); }

  void inClearLargePagesAreBrokenAndShared() {
    compare(permitsIn(FreeState::Clear, Headroom::BelowHigh, kEsx6), {.breakLargePages = true, .shareActively = true});
  }

  void inSoftEsx5BalloonsAndPagesWhereThatIsImpossible() {
    compare(permitsIn(FreeState::Soft, Headroom::BelowHigh, kEsx5), {.balloon = true, .swap = SwapPermit::WhereBalloonCannot});
  }

  void inSoftEsx6SharesAndBalloons() {
    compare(permitsIn(FreeState::Soft, Headroom::BelowHigh, kEsx6), {.breakLargePages = true, .shareActively = true, .balloon = true});
  }

  void inHardEsx5SwapsInAdditionToBallooning() {
    compare(permitsIn(FreeState::Hard, Headroom::BelowHigh, kEsx5), {.balloon = true, .swap = SwapPermit::Everybody});
  }

  void inHardEsx6SharesAndSwapsAndStopsBallooning() {
    compare(permitsIn(FreeState::Hard, Headroom::BelowHigh, kEsx6),
            {.breakLargePages = true, .shareActively = true, .swap = SwapPermit::Everybody});
  }

  void inLowEsx5BlocksBesides() {
    compare(permitsIn(FreeState::Low, Headroom::BelowHigh, kEsx5), {.balloon = true, .swap = SwapPermit::Everybody, .block = true});
  }

  void inLowEsx6SwapsAndBlocks() {
    compare(permitsIn(FreeState::Low, Headroom::BelowHigh, kEsx6), {.breakLargePages = true, .swap = SwapPermit::Everybody, .block = true});
  }

  void headroomMattersInHighOnly() {
    for (const FreeState state : {FreeState::Clear, FreeState::Soft, FreeState::Hard, FreeState::Low}) {
      for (const FreeStateRules& rules : {kEsx5, kEsx6})
        compare(permitsIn(state, Headroom::Enough, rules), permitsIn(state, Headroom::BelowHigh, rules));
    }
  }
};

OVERCOMMIT_TEST(FreeStateTest)
#include "free_state_test.moc"

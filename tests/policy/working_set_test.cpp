// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/working_set.h"

#include <algorithm>

#include "base/random.h"
#include "support/test.h"

using namespace overcommit;

namespace {

constexpr std::uint32_t kPercent = kWhole / 100;

SampleCounts touched(std::uint32_t percent) { return {kPagesSampled, percent}; }

ActiveAverages periods(std::uint32_t count, std::uint32_t percent, ActiveAverages averages = {}) {
  for (std::uint32_t i = 0; i < count; ++i) averages = afterPeriod(averages, touched(percent));
  return averages;
}

std::uint32_t estimate(const ActiveAverages& averages, SampleCounts counts = touched(0), std::uint64_t minPercent = 0) {
  return estimateOf(averages, counts, minPercent).estimate;
}

}  // namespace

class WorkingSetTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void hundredPagesAreSampled() { QCOMPARE(kPagesSampled, 100u); }  // W02 5.3, A25 p355

  void constantActivityIsTheEstimate() {
    for (const std::uint32_t percent : {0u, 1u, 37u, 100u}) QCOMPARE(estimate(periods(10, percent), touched(percent)), percent * kPercent);
  }

  void firstSampleStartsBothAverages() {
    const ActiveAverages averages = periods(1, 30);
    QCOMPARE(averages, (ActiveAverages{30 * kPercent, 30 * kPercent, 30 * kPercent, 1}));
  }

  void fastHalvesTheDistanceAndSlowTakesAnEighth() {  // ours: time constants were not published
    const ActiveAverages averages = periods(1, 100, periods(5, 20));
    QCOMPARE(averages.fast, 60 * kPercent);
    QCOMPARE(averages.slow, 30 * kPercent);
    QCOMPARE(averages.last, 100 * kPercent);
  }

  void growthIsSeenWithinThePeriod() {
    const ActiveAverages averages = periods(5, 10);
    QCOMPARE(estimateOf(averages, touched(10), 0).next, 10 * kPercent);
    QCOMPARE(estimateOf(averages, touched(50), 0).next, 30 * kPercent);
    QCOMPARE(estimate(averages, touched(50)), 30 * kPercent);
    QCOMPARE(estimate(averages, touched(100)), 55 * kPercent);
  }

  void periodThatJustBeganLowersNothing() {
    const ActiveAverages averages = periods(5, 40);
    QCOMPARE(estimateOf(averages, touched(0), 0).next, 20 * kPercent);
    QCOMPARE(estimate(averages, touched(0)), 40 * kPercent);
  }

  void estimateGoesUpQuicklyAndDownSlowly() {  // W02 5.3 and Fig 6, N4
    const ActiveAverages up = periods(2, 80, periods(20, 20));
    QVERIFY(estimate(up) >= 65 * kPercent);
    const ActiveAverages down = periods(2, 20, periods(20, 80));
    QVERIFY(estimate(down) >= 65 * kPercent);
    QCOMPARE(estimate(periods(120, 20, down)), 20 * kPercent);
  }

  void averagesReachAConstantExactly() {
    for (const std::uint32_t from : {0u, 33u, 100u}) {
      for (const std::uint32_t to : {0u, 67u, 100u}) {
        const ActiveAverages averages = periods(150, to, periods(3, from));
        QCOMPARE(averages.slow, to * kPercent);
        QCOMPARE(averages.fast, to * kPercent);
      }
    }
  }

  void unmeasuredVmCountsAsActive() {
    QCOMPARE(estimate({}, {}), kWhole);
    QCOMPARE(estimate({}, touched(3)), kWhole);
    QCOMPARE(estimate(periods(1, 3)), 3 * kPercent);
  }

  void periodWithoutASampleChangesNothing() {
    const ActiveAverages averages = periods(3, 25);
    QCOMPARE(afterPeriod(averages, {}), averages);
    QCOMPARE(estimate(averages, {}), 25 * kPercent);
    QCOMPARE(afterPeriod({}, {}), ActiveAverages{});
  }

  void fewerPagesThanHundredMayBeSampled() {
    QCOMPARE(afterPeriod({}, {3, 1}).fast, 333'333u);
    QCOMPARE(afterPeriod({}, {3, 3}).fast, kWhole);
  }

  void minimumIsALowerBound() {  // Mem.SampleActivePctMin: ADV
    QCOMPARE(estimate(periods(3, 0), touched(0), 1), kPercent);
    QCOMPARE(estimate(periods(3, 5), touched(5), 1), 5 * kPercent);
    QCOMPARE(estimate(periods(3, 0), touched(0), 0), 0u);
    QCOMPARE(estimateOf(periods(3, 0), touched(0), 10).next, 0u);
  }

  void esxtopFieldsAreTheAverages() {  // %ACTV, %ACTVS, %ACTVF, %ACTVN: MON5
    const ActiveEstimate shown = estimateOf(periods(1, 100, periods(5, 20)), touched(90), 0);
    QCOMPARE(shown.instant, 100 * kPercent);
    QCOMPARE(shown.slow, 30 * kPercent);
    QCOMPARE(shown.fast, 60 * kPercent);
    QCOMPARE(shown.next, 75 * kPercent);
    QCOMPARE(shown.estimate, 75 * kPercent);
  }

  void pagesAreRoundedUp() {
    QCOMPARE(activePagesOf(10'000, Pages(512)).value(), 6u);
    QCOMPARE(activePagesOf(0, Pages(512)).value(), 0u);
    QCOMPARE(activePagesOf(kWhole, Pages(std::uint64_t{1} << 60)).value(), std::uint64_t{1} << 60);
  }

  void estimateIsTheMaximumAndAveragesStayWithinTheSamples() {
    Random random(1, "working set");
    for (int run = 0; run < 200; ++run) {
      ActiveAverages averages;
      std::uint32_t least = kWhole, most = 0;
      for (int period = 0; period < 100; ++period) {
        const auto sampled = static_cast<std::uint32_t>(1 + random.below(kPagesSampled));
        const SampleCounts counts{sampled, static_cast<std::uint32_t>(random.below(sampled + 1))};
        averages = afterPeriod(averages, counts);
        least = std::min(least, averages.last);
        most = std::max(most, averages.last);
        QVERIFY(averages.slow >= least && averages.slow <= most && averages.fast >= least && averages.fast <= most);
        const ActiveEstimate shown = estimateOf(averages, counts, 0);
        QCOMPARE(shown.estimate, std::max({shown.slow, shown.fast, shown.next}));
        QVERIFY(shown.estimate <= kWhole);
      }
    }
  }
};

OVERCOMMIT_TEST(WorkingSetTest)
#include "working_set_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/latency_histogram.h"

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "devices/meter.h"
#include "support/test.h"

using namespace overcommit;

class LatencyHistogramTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void percentilesAreThoseOfTheSortedList() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed, "latencies");
      LatencyHistogram histogram;
      std::vector<std::uint64_t> list;
      const std::uint64_t count = 1 + random.below(3000);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t value = random.next() >> random.below(64);
        list.push_back(value);
        histogram.add(VirtualTime(value));
      }
      std::ranges::sort(list);
      QCOMPARE(histogram.count(), count);
      for (const std::uint64_t permille : {1u, 10u, 250u, 500u, 950u, 990u, 999u, 1000u}) {
        const std::uint64_t rank = (count * permille + 999) / 1000;
        const std::uint64_t exact = list[rank - 1];
        const std::uint64_t found = histogram.percentile(permille).value();
        QVERIFY2(found >= exact, "the upper edge of the bucket is not below the value");
        QVERIFY2(found - exact <= exact / 16, "the bucket is at most a sixteenth wide");
      }
    }
  }

  void smallValuesAreExact() {
    for (std::uint64_t value = 0; value < 32; ++value) {
      LatencyHistogram histogram;
      histogram.add(VirtualTime(value));
      QCOMPARE(histogram.percentile(500).value(), value);
    }
  }

  void largestValueFits() {
    LatencyHistogram histogram;
    histogram.add(VirtualTime(~std::uint64_t{0}));
    QCOMPARE(histogram.percentile(1000).value(), ~std::uint64_t{0});
  }

  void withoutOperationsThereIsNoLatency() { QCOMPARE(LatencyHistogram().percentile(990).value(), 0u); }

  void manyAtOnceCountAsMany() {
    LatencyHistogram histogram;
    histogram.add(VirtualTime(3), 989);
    histogram.add(VirtualTime(9), 11);
    QCOMPARE(histogram.percentile(980).value(), 3u);
    QCOMPARE(histogram.percentile(989).value(), 3u);
    QCOMPARE(histogram.percentile(990).value(), 9u);
  }

  void meterDividesTheTimeEvenlyAndLeavesWaitsOut() {
    Meter meter(VirtualTime(100));
    meter.operationsDone(4, VirtualTime(140));
    QCOMPARE(meter.operations(), 4u);
    QCOMPARE(meter.latency().percentile(1000).value(), 10u);
    meter.waited(VirtualTime(1'000'000));
    meter.operationsDone(1, VirtualTime(1'000'010));
    QCOMPARE(meter.latency().percentile(1000).value(), 10u);
    meter.operationsDone(0, VirtualTime(2'000'000));
    QCOMPARE(meter.operations(), 5u);
  }

  void resultDigestDependsOnValuesAndOrder() {
    Meter a(VirtualTime(0)), b(VirtualTime(0)), c(VirtualTime(0));
    a.result(1), a.result(2);
    b.result(1), b.result(2);
    c.result(2), c.result(1);
    QVERIFY(a.resultDigest() == b.resultDigest());
    QVERIFY(!(a.resultDigest() == c.resultDigest()));
    QCOMPARE(a.results(), 2u);
  }
};

OVERCOMMIT_TEST(LatencyHistogramTest)
#include "latency_histogram_test.moc"

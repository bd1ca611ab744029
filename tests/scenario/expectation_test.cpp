// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/expectation.h"

#include "support/test.h"

using namespace overcommit;

namespace {

Expectation swappedBetween(std::optional<std::uint64_t> least, std::optional<std::uint64_t> most, Expectation::When when) {
  const std::vector<std::string> names{"a"};
  Expectation expectation;
  expectation.metric = "vm.a.swapped";
  expectation.reference = *findMetric(expectation.metric, names);
  expectation.least = least;
  expectation.most = most;
  expectation.when = when;
  return expectation;
}

}  // namespace

class ExpectationTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void boundsAreInclusive() {
    const Expectation expectation = swappedBetween(10, 20, Expectation::When::End);
    QVERIFY(!expectation.accepts(9));
    QVERIFY(expectation.accepts(10));
    QVERIFY(expectation.accepts(20));
    QVERIFY(!expectation.accepts(21));
  }

  void alwaysFailsAtTheFirstValueOutside() {
    ExpectationJudge judge(swappedBetween(std::nullopt, 5, Expectation::When::Always));
    judge.see(seconds(1), 5);
    QVERIFY(!judge.decided());
    judge.see(seconds(2), 6);
    QVERIFY(judge.decided());
    judge.see(seconds(3), 7);
    judge.end(seconds(4), 0, ExpectationJudge::Ending::Settled);
    QVERIFY(judge.verdict().outcome == Verdict::Outcome::Fails);
    QVERIFY(judge.verdict().got == 6u);
    QVERIFY(judge.verdict().time == seconds(2));
  }

  void alwaysHoldsOnlyAtTheEnd() {
    ExpectationJudge judge(swappedBetween(std::nullopt, 5, Expectation::When::Always));
    judge.see(seconds(1), 4);
    judge.end(seconds(2), 3, ExpectationJudge::Ending::Settled);
    QVERIFY(judge.verdict().holds());
    QVERIFY(judge.verdict().got == 3u);
  }

  void alwaysSeesTheLastValueToo() {
    ExpectationJudge judge(swappedBetween(std::nullopt, 5, Expectation::When::Always));
    judge.end(seconds(2), 6, ExpectationJudge::Ending::CutShort);
    QVERIFY(!judge.verdict().holds());
  }

  void everHoldsAtTheFirstValueInside() {
    ExpectationJudge judge(swappedBetween(5, std::nullopt, Expectation::When::Ever));
    judge.see(seconds(1), 4);
    judge.see(seconds(2), 8);
    judge.see(seconds(3), 0);
    judge.end(seconds(4), 0, ExpectationJudge::Ending::Settled);
    QVERIFY(judge.verdict().holds());
    QVERIFY(judge.verdict().got == 8u);
    QVERIFY(judge.verdict().time == seconds(2));
  }

  void everFailsWithTheLastValueWhenItNeverHappened() {
    ExpectationJudge judge(swappedBetween(5, std::nullopt, Expectation::When::Ever));
    judge.see(seconds(1), 4);
    judge.end(seconds(4), 3, ExpectationJudge::Ending::Settled);
    QVERIFY(judge.verdict().outcome == Verdict::Outcome::Fails);
    QVERIFY(judge.verdict().got == 3u);
  }

  void atATimeTheFirstValueNotBeforeItDecides() {
    Expectation expectation = swappedBetween(5, std::nullopt, Expectation::When::AtTime);
    expectation.time = seconds(2);
    ExpectationJudge judge(expectation);
    QVERIFY(!judge.wantsValue(seconds(1)));
    judge.see(seconds(1), 9);
    QVERIFY(!judge.decided());
    judge.see(seconds(3), 4);
    judge.see(seconds(4), 9);
    QVERIFY(judge.verdict().outcome == Verdict::Outcome::Fails);
    QVERIFY(judge.verdict().time == seconds(3));
  }

  void aTimeThatTheRunDidNotReachFailsUnlessNothingCanChange() {
    Expectation expectation = swappedBetween(5, std::nullopt, Expectation::When::AtTime);
    expectation.time = seconds(9);
    ExpectationJudge cut(expectation);
    cut.end(seconds(2), 7, ExpectationJudge::Ending::CutShort);
    QVERIFY(cut.verdict().outcome == Verdict::Outcome::NotReached);
    QVERIFY(!cut.verdict().holds());
    QVERIFY(!cut.verdict().got);
    ExpectationJudge settled(expectation);
    settled.end(seconds(2), 7, ExpectationJudge::Ending::Settled);
    QVERIFY(settled.verdict().holds());
  }

  void whatIsWantedIsASentencePart() {
    Expectation expectation = swappedBetween(1u << 20, 1u << 20, Expectation::When::End);
    QCOMPARE(expectation.wanted(), std::string("1 MiB at the end"));
    expectation.most = 3u << 20;
    expectation.when = Expectation::When::AtTime;
    expectation.time = milliseconds(1500);
    QCOMPARE(expectation.wanted(), std::string("1 MiB to 3 MiB at 1.5 s"));
    expectation.least.reset();
    expectation.when = Expectation::When::Always;
    QCOMPARE(expectation.wanted(), std::string("always at most 3 MiB"));
    expectation.least = 4096;
    expectation.most.reset();
    expectation.when = Expectation::When::Ever;
    QCOMPARE(expectation.wanted(), std::string("at least 4 KiB at some time"));
  }

  void valuesCarryTheirUnit() {
    QCOMPARE(formatValue(3u << 20, MetricUnit::Size), std::string("3 MiB"));
    QCOMPARE(formatValue(1'500'000, MetricUnit::Time), std::string("1.5 ms"));
    QCOMPARE(formatValue(12, MetricUnit::Count), std::string("12"));
    QCOMPARE(formatValue(12, MetricUnit::PerSecond), std::string("12 /s"));
    QCOMPARE(formatValue(120, MetricUnit::Permille), std::string("120 permille"));
  }
};

OVERCOMMIT_TEST(ExpectationTest)
#include "expectation_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario/shape.h"

#include "support/test.h"

using namespace overcommit;

namespace {

using Values = std::vector<std::optional<std::uint64_t>>;

// A sweep along x = 10, 20, 30, …
SweepTable sweptTable(const Values& values) {
  SweepTable table;
  VariedSetting x{"x", {}, {}, {}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t number = 10 * (i + 1);
    x.values.push_back({{}, std::to_string(number), number});
    table.rows.push_back({{i}, {values[i]}, "", 0, ""});
  }
  table.settings = {x};
  table.names = {"y"};
  table.units = {MetricUnit::Count};
  return table;
}

Shape shapeOf(Shape::Kind kind, std::optional<std::uint64_t> within = {}) {
  Shape shape;
  shape.kind = kind;
  shape.within = within;
  return shape;
}

bool holds(const Shape& shape, const Values& values) { return judge(shape, sweptTable(values)).holds; }

}  // namespace

class ShapeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void risingNeverFalls() {
    const Shape rising = shapeOf(Shape::Kind::Rising);
    QVERIFY(holds(rising, {1, 1, 2, 9}));
    QVERIFY(!holds(rising, {1, 3, 2, 9}));
    QVERIFY(holds(shapeOf(Shape::Kind::Falling), {9, 2, 2, 1}));
    QVERIFY(!holds(shapeOf(Shape::Kind::Falling), {9, 2, 3, 1}));
  }

  void toleranceForgivesAStepBack() {
    QVERIFY(holds(shapeOf(Shape::Kind::Rising, 5), {100, 95, 120}));
    QVERIFY(!holds(shapeOf(Shape::Kind::Rising, 5), {100, 94, 120}));
  }

  void risingCanBeAskedToRiseByMuch() {
    Shape shape = shapeOf(Shape::Kind::Rising);
    shape.by = 30;
    QVERIFY(holds(shape, {100, 110, 130}));
    QVERIFY(!holds(shape, {100, 110, 129}));
    shape.kind = Shape::Kind::Falling;
    QVERIFY(holds(shape, {100, 80, 70}));
    QVERIFY(!holds(shape, {100, 80, 71}));
  }

  void linearIsWithinAPartOfItsRise() {
    QVERIFY(holds(shapeOf(Shape::Kind::Linear, 0), {5, 25, 45, 65}));
    QVERIFY(holds(shapeOf(Shape::Kind::Linear, 0), {65, 45, 25, 5}));
    QVERIFY(!holds(shapeOf(Shape::Kind::Linear, 5), {0, 1, 4, 9, 16}));
    QVERIFY(!holds(shapeOf(Shape::Kind::Linear, 5), {7, 7, 7}));  // that is flat
  }

  void linearFromAGivenPointOn() {
    Shape shape = shapeOf(Shape::Kind::Linear, 2);
    QVERIFY(!holds(shape, {90, 20, 40, 60}));
    shape.from = 1;
    QVERIFY(holds(shape, {90, 20, 40, 60}));
    shape.to = 2;
    QVERIFY(!holds(shape, {90, 20, 40, 60}));  // two points are no line
  }

  void flatIsNearTheFirst() {
    QVERIFY(holds(shapeOf(Shape::Kind::Flat, 10), {100, 90, 110}));
    QVERIFY(!holds(shapeOf(Shape::Kind::Flat, 10), {100, 90, 111}));
  }

  void aKneeIsTheLastFlatPoint() {
    Shape shape = shapeOf(Shape::Kind::Knee, 5);
    QVERIFY(holds(shape, {100, 99, 101, 60, 20}));
    QVERIFY(!holds(shape, {100, 99, 101, 100}));     // flat to the end
    QVERIFY(!holds(shape, {100, 99, 60, 100, 20}));  // comes back
    shape.knee = std::pair<std::size_t, std::size_t>(1, 2);
    QVERIFY(holds(shape, {100, 99, 101, 60, 20}));
    QVERIFY(holds(shape, {100, 99, 80, 60, 20}));
    QVERIFY(!holds(shape, {100, 80, 60, 40, 20}));
  }

  void aRatioComparesTwoPoints() {
    Shape shape = shapeOf(Shape::Kind::Ratio);
    shape.of = 2;
    shape.over = 0;
    shape.least = 130;
    shape.most = 140;
    QVERIFY(holds(shape, {100, 0, 130}));
    QVERIFY(!holds(shape, {100, 0, 129}));
    QVERIFY(!holds(shape, {100, 0, 141}));
    QVERIFY(!holds(shape, {0, 0, 130}));
  }

  void aRangeHoldsForEveryPoint() {
    Shape shape = shapeOf(Shape::Kind::Range);
    shape.least = 3;
    shape.most = 5;
    QVERIFY(holds(shape, {3, 4, 5}));
    QVERIFY(!holds(shape, {3, 6, 5}));
    shape.from = shape.to = 0;
    QVERIFY(holds(shape, {3, 6, 5}));
  }

  void everySeriesMustHaveTheShape() {
    SweepTable table = sweptTable({1, 2, 3});
    VariedSetting z{"z", {}, {{{}, "off", 0}, {{}, "on", 1}}, {}};
    table.settings.push_back(z);
    table.rows.clear();
    for (const std::size_t on : {std::size_t(0), std::size_t(1)}) {
      for (std::size_t i = 0; i < 3; ++i) table.rows.push_back({{i, on}, {on == 1 ? 9 - i : i}, "", 0, ""});
    }
    Shape shape = shapeOf(Shape::Kind::Rising);
    QVERIFY(!judge(shape, table).holds);
    shape.where = {{1, 0}};
    QVERIFY(judge(shape, table).holds);
    shape.where = {{1, 1}};
    QVERIFY(!judge(shape, table).holds);
  }

  void aPointWithoutAValueFails() { QVERIFY(!holds(shapeOf(Shape::Kind::Rising), {1, std::nullopt, 3})); }

  void aSweepThatWasCutShortFails() {
    SweepTable table = sweptTable({1, 2});
    table.rows.clear();
    QVERIFY(!judge(shapeOf(Shape::Kind::Rising), table).holds);
  }

  void theVerdictTellsWhatAndWhere() {
    const ShapeVerdict verdict = judge(shapeOf(Shape::Kind::Rising, 5), sweptTable({100, 80, 120}));
    QCOMPARE(verdict.wanted, std::string("y: rising within 5 % along x"));
    QCOMPARE(verdict.got, std::string("80 at point 2 (x = 20) after 100 at point 1 (x = 10) (-20.0 %)"));
  }
};

OVERCOMMIT_TEST(ShapeTest)
#include "shape_test.moc"

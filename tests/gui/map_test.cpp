// SPDX-License-Identifier: GPL-2.0-or-later
// Maps: where a page is drawn, what is drawn there, and that nothing is drawn that did not change.
#include "base/random.h"
#include "gui/map/cell_field.h"
#include "gui/map/cell_painter.h"
#include "gui/map/map_geometry.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;

namespace {

CellColours lightColours() { return {paletteOf(Shade::Light), paletteOf(Shade::Light).at(Hue::Ground)}; }

}  // namespace

class MapTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyPageIsFoundWhereItIsDrawn_data() {
    QTest::addColumn<quint64>("pages");
    QTest::addColumn<QSize>("room");
    QTest::addColumn<int>("order");
    QTest::newRow("a small VM") << quint64{2048} << QSize(297, 244) << 0;
    QTest::newRow("one page") << quint64{1} << QSize(297, 244) << 0;
    QTest::newRow("an odd number") << quint64{2049} << QSize(301, 177) << 0;
    QTest::newRow("forced by address") << quint64{16384} << QSize(280, 200) << 1;
    QTest::newRow("a large host") << quint64{262144} << QSize(1224, 172) << 0;
    QTest::newRow("a chip") << quint64{4096} << QSize(70, 25) << 0;
    QTest::newRow("no room") << quint64{4096} << QSize(1, 1) << 0;
  }
  void everyPageIsFoundWhereItIsDrawn() {
    QFETCH(quint64, pages);
    QFETCH(QSize, room);
    QFETCH(int, order);
    const MapGeometry geometry(pages, room, static_cast<MapOrder>(order));
    QVERIFY(geometry.size().width() <= room.width() && geometry.size().height() <= room.height());
    for (std::uint64_t page = 0; page < pages; page += 1 + page / 7) {
      const QRect at = geometry.rectOf(page);
      QVERIFY(QRect(QPoint(), geometry.size()).contains(at) || at.height() == 0);
      if (at.isEmpty()) continue;
      const auto found = geometry.pageAt(at.center());
      QVERIFY(found.has_value());
      QCOMPARE(*found, geometry.sorted() ? page / geometry.pagesPerRow() * geometry.pagesPerRow() : page);
    }
  }

  void smallMemoriesAreByAddressAndLargeOnesSorted() {
    QVERIFY(!MapGeometry(2048, QSize(297, 244), MapOrder::Auto).sorted());
    QVERIFY(MapGeometry(2048, QSize(297, 244), MapOrder::Auto).cell().width() >= 4);
    QVERIFY(MapGeometry(65536, QSize(297, 244), MapOrder::Auto).sorted());
    QVERIFY(MapGeometry(2048, QSize(297, 244), MapOrder::Sorted).sorted());
  }

  void aSortedMapFillsItsRoom() {
    const MapGeometry geometry(65536, QSize(297, 171), MapOrder::Auto);
    QCOMPARE(geometry.size(), QSize(297, 171));
    for (int row = 0; row < geometry.rows(); ++row) QVERIFY(geometry.rowHeight(row) >= 2);
  }

  void aCellHasTheColourOfItsState() {
    CellField field(64);
    field.set(5, CellState::Swapped, CellField::Change::Quiet);
    const CellColours colours = lightColours();
    CellPainter painter;
    painter.setUp(MapGeometry(64, QSize(80, 80), MapOrder::Auto), colours);
    painter.draw(field);
    const QRect cell = painter.geometry().rectOf(5);
    QCOMPARE(painter.image().pixel(cell.topRight()), colourOf(CellState::Swapped, paletteOf(Shade::Light)));
    QCOMPARE(painter.image().pixel(painter.geometry().rectOf(6).topRight()), colourOf(CellState::Empty, paletteOf(Shade::Light)));
  }

  // Two of 256 pages are shared: a majority would hide them.
  void aSortedRowShowsEveryStateInProportion() {
    CellField field(65536);
    for (std::uint64_t i = 0; i < 65536; ++i) field.set(i, i % 128 == 7 ? CellState::Shared : CellState::Private, CellField::Change::Quiet);
    CellPainter painter;
    painter.setUp(MapGeometry(65536, QSize(512, 128), MapOrder::Sorted), lightColours());
    painter.draw(field);
    int shared = 0;
    for (int x = 0; x < 512; ++x) shared += painter.image().pixel(x, 3) == colourOf(CellState::Shared, paletteOf(Shade::Light)) ? 1 : 0;
    QCOMPARE(shared, 512 / 128);
  }

  void nothingIsDrawnWhenNothingChanged() {
    CellField field(4096);
    CellPainter painter;
    painter.setUp(MapGeometry(4096, QSize(300, 200), MapOrder::Auto), lightColours());
    QVERIFY(!painter.draw(field).isEmpty());
    const QImage before = painter.image().copy();
    QVERIFY(painter.draw(field).isEmpty());
    QCOMPARE(painter.image(), before);
  }

  void onlyTheRowsThatChangedAreDrawnAgain() {
    CellField field(4096);
    CellPainter painter;
    painter.setUp(MapGeometry(4096, QSize(300, 280), MapOrder::Auto), lightColours());
    painter.draw(field);
    field.set(0, CellState::Private, CellField::Change::Highlight);
    const QRect changed = painter.draw(field);
    QCOMPARE(changed.top(), 0);
    QCOMPARE(changed.height(), painter.geometry().rowHeight(0));
  }

  // Whatever happened since, and however often the changes were forgotten, the picture is the one that is drawn from nothing.
  void goingOnGivesThePictureThatBeginningGives() {
    for (const MapOrder order : {MapOrder::ByAddress, MapOrder::Sorted}) {
      const MapGeometry geometry(4096, QSize(400, 400), order);
      CellField field(4096);
      CellPainter painter;
      painter.setUp(geometry, lightColours());
      Random random(7, "map test");
      for (int frame = 0; frame < 300; ++frame) {
        if (random.below(4) == 0) field.forgetChanges();
        for (std::uint64_t i = random.below(60); i > 0; --i) {
          const auto state = static_cast<CellState>(random.below(kCellStates));
          field.set(random.below(4096), state, random.below(5) == 0 ? CellField::Change::Quiet : CellField::Change::Highlight);
        }
        if (random.below(50) == 0) {
          for (std::uint64_t i = 0; i < 4096; ++i) field.setBack(i, random.below(2) == 0);
        }
        field.fade(static_cast<unsigned>(random.below(4)));
        if (random.below(100) == 0) field.clearHighlights();
        painter.draw(field);
        CellPainter another;
        another.setUp(geometry, lightColours());
        another.draw(field);
        QCOMPARE(painter.image(), another.image());
      }
    }
  }

  void aHighlightIsHalfAfter400MillisecondsAndGoesAway() {
    CellField field(8);
    field.set(3, CellState::Private, CellField::Change::Highlight);
    QCOMPARE(field.at(3).highlight(), kFullHighlight);
    field.fade(25);
    QCOMPARE(field.at(3).highlight(), 4u);
    field.fade(60);
    QVERIFY(field.highlighted());
    field.fade(60);
    QVERIFY(!field.highlighted());
    QCOMPARE(field.at(3), Cell(CellState::Private, 0, false));
  }

  void aQuietChangeIsNotHighlighted() {
    CellField field(8);
    field.set(3, CellState::Private, CellField::Change::Quiet);
    QVERIFY(!field.highlighted());
  }

  void aCellThatChangesAgainIsHighlightedAnew() {
    CellField field(8);
    field.set(3, CellState::Private, CellField::Change::Highlight);
    field.fade(50);
    field.set(3, CellState::Shared, CellField::Change::Highlight);
    field.fade(50);
    QVERIFY(field.at(3).highlight() > 0);
    field.fade(50);
    QVERIFY(!field.highlighted());
  }
};

OVERCOMMIT_TEST(MapTest)
#include "map_test.moc"

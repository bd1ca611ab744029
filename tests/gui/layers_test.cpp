// SPDX-License-Identifier: GPL-2.0-or-later
// Layers of maps, flights, and the magnifying glass.
#include "gui/map/map_layer.h"

#include "gui/map/cell_painter.h"
#include "gui/map/world_fields.h"
#include "gui/session/flight_plan.h"
#include "gui/session/page_events.h"
#include "gui/support/colour_vision.h"
#include "gui/support/recorded_trace.h"
#include "gui/support/shown_window.h"
#include "gui/views/flights.h"
#include "gui/views/guest_floor.h"
#include "gui/views/loupe.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

class LayersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void timesAreThoseOfTheLastEventsOfAPage() {
    PageTimes times(trace_.header());
    for (const Event& event : trace_.events()) times.add(event);
    QCOMPARE(times.sequence, std::uint64_t{trace_.events().size()});
    const WorldModel world = trace_.worldAfter(trace_.events().size());
    int moved = 0;
    for (std::size_t v = 0; v < world.vms(); ++v) {
      const VmId vm(static_cast<std::uint16_t>(v));
      for (std::uint64_t gfn = 0; gfn < world.memory(vm).value(); ++gfn) {
        VirtualTime last = PageTimes::kNever;
        for (const Event& event : trace_.events()) {
          if (event.vm != vm || !infoOf(event.kind).hasGfn || infoOf(event.kind).digest != DigestCoverage::Covered) continue;
          const bool large = event.kind == EventKind::LargeMap && largePageOf(Gfn(gfn)) == event.gfn;
          if (!large && event.gfn != Gfn(gfn)) continue;
          if (event.kind == EventKind::Refusal || event.kind == EventKind::ReclaimStart || event.kind == EventKind::LargeBreak) continue;
          last = event.kind == EventKind::Discard ? PageTimes::kNever : event.hostTime;
        }
        QCOMPARE(times.vms[v].moved[static_cast<std::size_t>(gfn)], last);
        moved += last == PageTimes::kNever ? 0 : 1;
      }
    }
    QVERIFY(moved > 50);
  }

  void everyCodeOfALayerIsStackedAndColoured() {
    const WorldModel world = trace_.worldAfter(1800);
    PageTimes times(trace_.header());
    for (std::size_t i = 0; i < 1800; ++i) times.add(trace_.events()[i]);
    const WorldChanges everything;
    for (const MapLayer layer : kMapLayers) {
      WorldFields fields(world);
      fields.update(world, everything, Seat::AllKnowing, {}, Motion::Jumped, FieldLayer{layer, &times, world.hostTime()});
      const auto stack = stackedCodes(layer);
      const auto checkAll = [&](const CellField& field) {
        for (std::uint64_t i = 0; i < field.size(); ++i) {
          const Cell cell = field.at(i);
          QVERIFY2(std::ranges::find(stack, cell.state()) != stack.end(), qPrintable(nameOf(layer)));
          QVERIFY(cell.highlight() == 0);
        }
      };
      checkAll(fields.frames());
      for (std::size_t v = 0; v < world.vms(); ++v) checkAll(fields.pages(VmId(static_cast<std::uint16_t>(v))));
    }
  }

  void ownersAreToldApartByEveryEye() {
    for (const Shade shade : {Shade::Light, Shade::Dark}) {
      for (const Vision vision : {Vision::Normal, Vision::Protan, Vision::Deutan, Vision::Tritan}) {
        std::vector<QRgb> colours{paletteOf(Shade::Light).at(Hue::Empty), paletteOf(Shade::Dark).at(Hue::Empty)};
        for (unsigned i = 0; i < kMostOwners; ++i) colours.push_back(colourOf(MapLayer::Owner, layerCode(i), paletteOf(shade)));
        for (std::size_t i = 0; i < colours.size(); ++i) {
          for (std::size_t j = std::max<std::size_t>(i + 1, 2); j < colours.size(); ++j) {
            const double distance = distanceFor(vision, colours[i], colours[j]);
            QVERIFY2(
                distance >= 18,
                qPrintable(QStringLiteral("vision %1, colours %2 and %3: %4").arg(static_cast<int>(vision)).arg(i).arg(j).arg(distance)));
          }
        }
      }
    }
  }

  void aLayerIsChosenByKeyAndGuestsHaveNone() {
    ShownWindow shown;
    VERIFY_OK(shown.open(trace_.path()));
    QTest::keyClick(&shown.window, Qt::Key_L);
    QCOMPARE(shown.options.layer(), MapLayer::Heat);
    QCOMPARE(shown.options.shownLayer(), MapLayer::Heat);
    QTest::keyClick(&shown.window, Qt::Key_2);
    QCOMPARE(shown.options.shownLayer(), MapLayer::State);
    QTest::keyClick(&shown.window, Qt::Key_4);
    shown.window.actions().find(QStringLiteral("layer.owner"))->trigger();
    QCOMPARE(shown.options.shownLayer(), MapLayer::Owner);
    auto* legend = shown.find<Picture>("legend");
    QCOMPARE(legend->table().index(0, 1).data().toString(), QString::fromStdString(trace_.header().vms.front().name));
  }

  void theHeatOfAnInstantIsTheSameWhicheverWayOneCame() {
    ShownWindow shown;
    VERIFY_OK(shown.open(trace_.path()));
    shown.options.setLayer(MapLayer::Age);
    const auto pictureAt = [&](std::uint64_t sequence) {
      shown.playback().seekEvent(sequence);
      shown.run().waitForAnswers();
      QCoreApplication::processEvents();
      return shown.window.machineRoom().grab().toImage();
    };
    const QImage first = pictureAt(1200);
    QVERIFY(pictureAt(1900) != first);
    QCOMPARE(pictureAt(1200), first);
  }

  void aStepFliesEachOfItsEventsOnceAndSlowly() {
    ShownWindow shown;
    VERIFY_OK(shown.open(trace_.path()));
    const auto touch = std::ranges::find(trace_.events(), EventKind::FirstTouch, &Event::kind);
    shown.playback().seekEvent(touch->sequence - 1);
    QCOMPARE(shown.window.machineRoom().flights().flying(), std::size_t{0});
    QTest::keyClick(&shown.window, Qt::Key_Period);
    QCOMPARE(shown.window.machineRoom().flights().flying(), std::size_t{1});
    auto& flights = const_cast<Flights&>(shown.window.machineRoom().flights());
    flights.advance(Flights::kMilliseconds + 1);
    QCOMPARE(flights.flying(), std::size_t{1});
    flights.advance(Flights::kSlowMilliseconds);
    QCOMPARE(flights.flying(), std::size_t{0});
    shown.theme.setReduceMotion(true);
    QTest::keyClick(&shown.window, Qt::Key_Comma);
    QTest::keyClick(&shown.window, Qt::Key_Period);
    QCOMPARE(flights.flying(), std::size_t{0});
  }

  void manyEventsAtOnceFlyAsBundlesAndNeverMoreThanCanBeFollowed() {
    auto playback = Playback::open(trace_.path());
    VERIFY_OK(playback);
    FlightPlan plan;
    plan.restart(**playback);
    (*playback)->seekEvent(1500);
    const std::vector<Flight> flights = plan.take(**playback, {}, Motion::Played);
    QVERIFY(!flights.empty() && flights.size() <= FlightPlan::kMostFlights);
    std::uint64_t touched = 0, expected = 0;
    for (const Flight& flight : flights) touched += flight.gate == Gate::FirstTouch ? flight.count : 0;
    const WorldModel world = trace_.worldAfter(1500);
    for (std::size_t v = 0; v < world.vms(); ++v)
      expected += countsOf(Gate::FirstTouch, world.vm(VmId(static_cast<std::uint16_t>(v)))).down;
    const WorldModel start = trace_.worldAfter(trace_.lastAt(VirtualTime(0)));
    for (std::size_t v = 0; v < start.vms(); ++v)
      expected -= countsOf(Gate::FirstTouch, start.vm(VmId(static_cast<std::uint16_t>(v)))).down;
    QCOMPARE(touched, expected);
    (*playback)->seekEvent(1499);
    for (const Flight& flight : plan.take(**playback, {}, Motion::Stepped)) QCOMPARE(flight.count, std::uint64_t{1});
    QVERIFY(plan.take(**playback, {}, Motion::Jumped).empty());
  }

  void theGlassFollowsThePointerOnDemand() {
    ShownWindow shown;
    VERIFY_OK(shown.open(trace_.path()));
    auto& guests = shown.window.machineRoom().guests();
    const QPoint cell = guests.rectOf(VmId(0), Gfn(20)).center();
    auto* loupe = static_cast<Loupe*>(shown.window.findChild<QWidget*>(QStringLiteral("loupe")));
    QTest::mouseMove(&guests, cell);
    QVERIFY(loupe->isHidden());
    QTest::keyClick(&shown.window, Qt::Key_Z);
    QTest::mouseMove(&guests, cell + QPoint(1, 0));
    QTRY_VERIFY(!loupe->isHidden());
    QCOMPARE(loupe->first(), std::uint64_t{0});
    QTest::keyClick(&shown.window, Qt::Key_Z);
    QVERIFY(loupe->isHidden());
  }

  void whatHappensToALargePageHappensToItsPages() {
    Event map;
    map.kind = EventKind::LargeMap;
    map.vm = VmId(1);
    map.gfn = Gfn(512);
    QVERIFY(happensTo(map, Subject{VmId(1), Gfn(700), std::nullopt}));
    QVERIFY(!happensTo(map, Subject{VmId(1), Gfn(100), std::nullopt}));
    QVERIFY(!happensTo(map, Subject{VmId(0), Gfn(700), std::nullopt}));
    Event content = map;
    content.kind = EventKind::Content;
    QVERIFY(!happensTo(content, Subject{VmId(1), Gfn(512), std::nullopt}));
    QVERIFY(happensTo(content, Subject{VmId(1), std::nullopt, std::nullopt}));
  }

 private:
  RecordedTrace trace_;
};

OVERCOMMIT_TEST(LayersTest)
#include "layers_test.moc"

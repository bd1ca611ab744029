// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/memory_map.h"

#include "support/test.h"

using namespace overcommit;

namespace {

TraceHeader smallWorld() {
  TraceHeader header;
  header.hostMemory = Pages(128);
  header.vms = {TraceVm{"web", Pages(512), Pages(0), "webserver"}, TraceVm{"idle", Pages(64), Pages(0), "idle"}};
  return header;
}

class World {
 public:
  World() { on(VmId(0)); }
  void on(VmId vm) {
    Event event;
    event.kind = EventKind::PowerOn;
    event.vm = vm;
    event.values[0] = model.memory(vm).value();
    apply(event);
  }
  void touch(std::uint64_t gfn, std::uint64_t mfn) {
    Event event;
    event.kind = EventKind::FirstTouch;
    event.vm = VmId(0);
    event.gfn = Gfn(gfn);
    event.mfn = Mfn(mfn);
    apply(event);
  }
  WorldModel model{smallWorld()};

 private:
  void apply(Event event) {
    event.sequence = ++sequence_;
    const auto applied = model.apply(event);
    QVERIFY2(applied.has_value(), applied ? "" : applied.error().text.c_str());
  }
  std::uint64_t sequence_ = 0;
};

QStringList linesOf(const std::string& text) { return QString::fromStdString(text).split('\n', Qt::SkipEmptyParts); }

}  // namespace

class MemoryMapTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aPageHasItsMarkAtItsPlace() {
    World world;
    world.touch(3, 10);
    world.touch(65, 11);
    const QStringList lines = linesOf(drawVm(world.model, VmId(0), {}));
    QCOMPARE(lines[0], QString("web: 2 MiB = 512 pages, 1 a character"));
    QCOMPARE(lines[1], QString("  untouched 2.0 MiB  private 8 KiB"));
    QCOMPARE(lines.size(), 2 + 8);
    QCOMPARE(lines[2], QString("       0 B |...#") + QString(60, '.') + "|");
    QCOMPARE(lines[3], QString("   256 KiB |.#") + QString(62, '.') + "|");
  }

  void aRowShowsItsPlacesInProportion() {
    World world;
    for (const std::uint64_t gfn : {0u, 1u, 2u, 4u}) world.touch(gfn, gfn + 1);
    const MapStyle two{MapOf::Places, 2};
    QVERIFY2(linesOf(drawVm(world.model, VmId(0), two))[2].startsWith("       0 B |##..."), "four pages are two characters");
    for (std::uint64_t gfn = 128; gfn < 256; gfn += 4) world.touch(gfn, gfn / 4 + 10);
    const QString quarter = linesOf(drawVm(world.model, VmId(0), two))[3];
    QCOMPARE(quarter.count('#'), 16);  // each of 64 characters has a quarter of such pages, or none
  }

  void aMachineFrameShowsWhoseItIs() {
    World world;
    world.touch(0, 5);
    const QStringList lines = linesOf(drawMachine(world.model, {}));
    QCOMPARE(lines[2], QString("       0 B |.....a") + QString(58, '.') + "|");
    QVERIFY(QString::fromStdString(machineLegend(world.model)).contains("a web  b idle"));
  }

  void aVmThatIsOffHasNoMap() {
    World world;
    QVERIFY(QString::fromStdString(drawVm(world.model, VmId(1), {})).contains("not on"));
  }

  void noLineIsWiderThanAHundredColumns() {
    World world;
    for (std::uint64_t gfn = 0; gfn < 100; ++gfn) world.touch(gfn * 5, gfn);
    const std::string all = drawVm(world.model, VmId(0), {}) + drawMachine(world.model, {}) + vmLegend(MapOf::Places) +
                            vmLegend(MapOf::GuestUses) + machineLegend(world.model);
    for (const QString& line : linesOf(all)) QVERIFY2(line.size() <= 100, qPrintable(line));
  }
};

OVERCOMMIT_TEST(MemoryMapTest)
#include "memory_map_test.moc"

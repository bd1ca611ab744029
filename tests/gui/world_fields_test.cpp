// SPDX-License-Identifier: GPL-2.0-or-later
// What the maps show is the world, from each seat, whichever way one came to an instant.
#include "gui/map/world_fields.h"

#include "gui/support/recorded_trace.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::gui;
using namespace overcommit::test;

namespace {

const WorldChanges kEverything;

void compareWithWorld(const WorldFields& fields, const WorldModel& world) {
  for (std::size_t v = 0; v < world.vms(); ++v) {
    const VmId vm(static_cast<std::uint16_t>(v));
    for (std::uint64_t gfn = 0; gfn < world.memory(vm).value(); ++gfn) {
      const WorldPage page = world.page(vm, Gfn(gfn));
      const bool held = page.place == PagePlace::Private && page.guestUse == GuestUse::Free;
      QCOMPARE(fields.pages(vm).at(gfn).state(), held ? CellState::FreeHeld : cellStateOf(page.place));
      QCOMPARE(fields.slots(vm).at(gfn).state(), world.swapSlot(vm, gfn) ? CellState::Swapped : CellState::Empty);
    }
  }
  for (std::uint64_t mfn = 0; mfn < world.hostMemory().value(); ++mfn)
    QCOMPARE(fields.frames().at(mfn).state(), cellStateOf(world.frame(Mfn(mfn)).use));
}

}  // namespace

class WorldFieldsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void mapsAreTheWorldAfterEveryMove() {
    auto playback = Playback::open(trace_.path());
    VERIFY_OK(playback);
    WorldFields fields((*playback)->world());
    WorldChanges changes;
    bool parts = false;
    for (const std::uint64_t sequence : {1u, 50u, 51u, 52u, 1500u, 1499u, 1300u, 2u, 1999u, 2000u, 0u, 700u}) {
      (*playback)->seekEvent(sequence);
      (*playback)->takeChanges(changes);
      parts = parts || !changes.everything();
      fields.update((*playback)->world(), changes, Seat::AllKnowing, {}, Motion::Played);
      fields.fade(3);
      compareWithWorld(fields, (*playback)->world());
    }
    QVERIFY(parts);
  }

  void theHypervisorCannotSeeThatAGuestFreedAPage() {
    const WorldModel world = trace_.worldAfter(2000);
    WorldFields fields(world);
    fields.update(world, kEverything, Seat::Hypervisor, {}, Motion::Jumped);
    for (std::uint64_t gfn = 0; gfn < world.memory(VmId(0)).value(); ++gfn)
      QCOMPARE(fields.pages(VmId(0)).at(gfn).state(), cellStateOf(world.page(VmId(0), Gfn(gfn)).place));
  }

  void theGuestCannotSeeWhereAPageIs() {
    const WorldModel world = trace_.worldAfter(2000);
    WorldFields fields(world);
    fields.update(world, kEverything, Seat::GuestOs, {}, Motion::Jumped);
    for (std::uint64_t gfn = 0; gfn < world.memory(VmId(0)).value(); ++gfn)
      QCOMPARE(fields.pages(VmId(0)).at(gfn).state(), cellStateOf(world.page(VmId(0), Gfn(gfn)).guestUse));
  }

  void anotherSeatShowsAtOnceAndWithoutHighlights() {
    const WorldModel world = trace_.worldAfter(2000);
    WorldFields fields(world);
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Jumped);
    fields.update(world, kEverything, Seat::GuestOs, {}, Motion::Played);
    QVERIFY(!fields.highlighted());
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Played);
    compareWithWorld(fields, world);
  }

  void onlyWhatMovedIsHighlighted() {
    WorldModel world = trace_.worldAfter(1000);
    WorldFields fields(world);
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Jumped);
    QVERIFY(!fields.highlighted());
    std::uint64_t next = 1000;
    while (trace_.events()[next].kind != EventKind::FirstTouch) VERIFY_OK(world.apply(trace_.events()[next++]));
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Jumped);
    const Event& touch = trace_.events()[next];
    VERIFY_OK(world.apply(touch));
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Stepped);
    QCOMPARE(fields.pages(touch.vm).at(touch.gfn.value()).highlight(), kFullHighlight);
    int lit = 0;
    for (std::uint64_t i = 0; i < fields.frames().size(); ++i) lit += fields.frames().at(i).highlight() > 0 ? 1 : 0;
    QCOMPARE(lit, 1);
  }

  void framesOfOtherVmsStandBackBehindASelectedOne() {
    const WorldModel world = trace_.worldAfter(2000);
    WorldFields fields(world);
    fields.update(world, kEverything, Seat::AllKnowing, FieldFocus{VmId(1)}, Motion::Jumped);
    int front = 0;
    for (std::uint64_t mfn = 0; mfn < world.hostMemory().value(); ++mfn) {
      const WorldFrame frame = world.frame(Mfn(mfn));
      if (frame.use != FrameUse::Private) continue;
      QCOMPARE(fields.frames().at(mfn).back(), frame.vm != VmId(1));
      front += frame.vm == VmId(1) ? 1 : 0;
    }
    QVERIFY(front > 0);
    fields.update(world, kEverything, Seat::AllKnowing, {}, Motion::Jumped);
    for (std::uint64_t i = 0; i < fields.frames().size(); ++i) QVERIFY(!fields.frames().at(i).back());
  }

 private:
  RecordedTrace trace_;
};

OVERCOMMIT_TEST(WorldFieldsTest)
#include "world_fields_test.moc"

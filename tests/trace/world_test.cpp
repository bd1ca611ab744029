// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/world.h"

#include <map>

#include "legal_events.h"
#include "support/test.h"
#include "trace/world_keyframe.h"

namespace overcommit::test {
namespace {

constexpr VmId kWeb1(0), kWeb2(1);

// A world with two VMs that are powered on, and a short way to play events in it.
class Play {
 public:
  explicit Play(std::uint64_t pages = 16, std::uint64_t frames = 32) : world(smallHeader(2, pages, frames)) {
    for (const VmId vm : {kWeb1, kWeb2}) must(EventKind::PowerOn, vm, 0, 0, {pages, 0});
  }

  Result<void> play(EventKind kind, VmId vm, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
    Event event;
    event.sequence = world.sequence() + 1;
    event.kind = kind;
    event.vm = vm;
    event.gfn = Gfn(gfn);
    event.mfn = Mfn(mfn);
    event.values = values;
    return world.apply(event);
  }
  void must(EventKind kind, VmId vm, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
    const auto played = play(kind, vm, gfn, mfn, values);
    QVERIFY2(played.has_value(), played ? "" : played.error().text.c_str());
  }

  WorldModel world;
};

// That the event is refused for a reason with `why` in it, and changes nothing.
void refused(Play& play, EventKind kind, VmId vm, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values,
             const char* why) {
  const WorldModel before = play.world;
  const auto played = play.play(kind, vm, gfn, mfn, values);
  QVERIFY2(!played, why);
  QVERIFY2(played.error().text.find(why) != std::string::npos, played.error().text.c_str());
  QVERIFY(play.world == before);
}

}  // namespace

class WorldTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void newWorldIsUntouchedAndFree() {
    const WorldModel world(smallHeader(2, 16, 32));
    QCOMPARE(world.vms(), std::size_t{2});
    QCOMPARE(world.vm(kWeb1).at(PagePlace::Untouched), std::uint64_t{16});
    QCOMPARE(world.host().at(FrameUse::Free), std::uint64_t{32});
    QVERIFY(!world.vm(kWeb1).poweredOn);
    VERIFY_OK(world.checkLaws());
  }

  void firstTouchTakesAFreeFrame() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 3, 9);
    QCOMPARE(play.world.page(kWeb1, Gfn(3)).place, PagePlace::Private);
    QCOMPARE(play.world.page(kWeb1, Gfn(3)).mfn, Mfn(9));
    const WorldFrame frame = play.world.frame(Mfn(9));
    QCOMPARE(frame.use, FrameUse::Private);
    QCOMPARE(frame.vm, kWeb1);
    QCOMPARE(frame.gfn, Gfn(3));
    QCOMPARE(play.world.vm(kWeb1).at(PagePlace::Private), std::uint64_t{1});
    QCOMPARE(play.world.vm(kWeb1).at(EventKind::FirstTouch), std::uint64_t{1});
    refused(play, EventKind::FirstTouch, kWeb1, 3, 10, {}, "the page is not untouched");
    refused(play, EventKind::FirstTouch, kWeb1, 4, 9, {}, "the frame is not free");
    refused(play, EventKind::FirstTouch, kWeb1, 16, 10, {}, "no such page");
    refused(play, EventKind::FirstTouch, kWeb1, 4, 32, {}, "the frame is not free");
  }

  void sharedFrameCountsItsPages() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::FirstTouch, kWeb2, 5, 2);
    refused(play, EventKind::Share, kWeb2, 5, 1, {2, 2}, "the frame is not shared");
    play.must(EventKind::Share, kWeb1, 0, 1, {1, 1});  // the frame itself becomes the shared one
    refused(play, EventKind::Share, kWeb2, 5, 1, {2, 3}, "the number of references is wrong");
    play.must(EventKind::Share, kWeb2, 5, 1, {2, 2});
    QCOMPARE(play.world.frame(Mfn(1)).references, 2u);
    QCOMPARE(play.world.frame(Mfn(2)).use, FrameUse::Free);
    QCOMPARE(play.world.host().at(FrameUse::Shared), std::uint64_t{1});
    VERIFY_OK(play.world.checkLaws());
  }

  void aSharedFrameHoldsZerosUntilItIsSharedNoMore() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    refused(play, EventKind::ZeroFrame, kNoVm, 0, 1, {}, "the frame is not shared");
    play.must(EventKind::Share, kWeb1, 0, 1, {1, 1});
    play.must(EventKind::ZeroFrame, kNoVm, 0, 1);
    play.must(EventKind::FirstTouch, kWeb2, 5, 2);
    play.must(EventKind::Share, kWeb2, 5, 1, {2, 2});
    QVERIFY(play.world.frame(Mfn(1)).zeros);
    QCOMPARE(play.world.frame(Mfn(1)).references, 2u);
    QCOMPARE(play.world.pageSums(kWeb2).zeroPages, std::uint64_t{1});
    play.must(EventKind::Break, kWeb2, 5, 2, {1, 1});
    QVERIFY(play.world.frame(Mfn(1)).zeros);
    play.must(EventKind::Revert, kWeb1, 0, 1);
    QVERIFY(!play.world.frame(Mfn(1)).zeros);
  }

  void requestedMemoryIsThatOfVmsThatAreOn() {
    WorldModel world(smallHeader(2, 16, 32));
    std::uint64_t sequence = 0;
    const auto play = [&](EventKind kind, std::array<std::uint64_t, kEventValues> values) {
      Event event;
      event.sequence = ++sequence;
      event.hostTime = VirtualTime(sequence);
      event.kind = kind;
      event.vm = kWeb1;
      event.values = values;
      VERIFY_OK(world.apply(event));
    };
    play(EventKind::Allotment, {4, 10, 100, 8});
    play(EventKind::OverheadFigures, {3, 0, 0, 0});
    QVERIFY(world.host().requested.empty());
    play(EventKind::PowerOn, {16, 4, 0, 0});
    play(EventKind::Allotment, {4, kNoLimit, 100, 8});
    play(EventKind::Allotment, {5, kNoLimit, 100, 8});
    play(EventKind::PowerOff, {});
    const std::vector<RequestedPages> wanted{{VirtualTime(3), 13}, {VirtualTime(4), 19}, {VirtualTime(6), 0}};
    QVERIFY(world.host().requested == wanted);
  }

  void breakGivesACopyAndTheLastBreakFreesTheFrame() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::FirstTouch, kWeb2, 5, 2);
    play.must(EventKind::Share, kWeb1, 0, 1, {1, 1});
    play.must(EventKind::Share, kWeb2, 5, 1, {2, 2});
    refused(play, EventKind::Revert, kWeb1, 0, 1, {}, "other pages share the frame");
    play.must(EventKind::Break, kWeb1, 0, 7, {1, 1});
    QCOMPARE(play.world.page(kWeb1, Gfn(0)).mfn, Mfn(7));
    QCOMPARE(play.world.frame(Mfn(1)).references, 1u);
    play.must(EventKind::Break, kWeb2, 5, 8, {1, 0});
    QCOMPARE(play.world.frame(Mfn(1)).use, FrameUse::Free);
    VERIFY_OK(play.world.checkLaws());
  }

  void lastSharerMayKeepTheFrame() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::Share, kWeb1, 0, 1, {1, 1});
    play.must(EventKind::Revert, kWeb1, 0, 1);
    QCOMPARE(play.world.page(kWeb1, Gfn(0)).place, PagePlace::Private);
    QCOMPARE(play.world.frame(Mfn(1)).use, FrameUse::Private);
    VERIFY_OK(play.world.checkLaws());
  }

  void swapOutFreesTheFrameAndFillsTheSlot() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::FirstTouch, kWeb1, 1, 2);
    play.must(EventKind::SwapOut, kWeb1, 0, 1, {3});
    QCOMPARE(play.world.swapSlot(kWeb1, 3), std::optional(Gfn(0)));
    QVERIFY(!play.world.swapSlot(kWeb2, 3).has_value());
    refused(play, EventKind::SwapOut, kWeb1, 1, 2, {3}, "the slot holds another page");
    refused(play, EventKind::SwapOut, kWeb1, 1, 2, {16}, "no such slot");
    refused(play, EventKind::SwapIn, kWeb1, 0, 9, {4}, "not swapped to this slot");
    play.must(EventKind::SwapIn, kWeb1, 0, 9, {3});
    QVERIFY(!play.world.swapSlot(kWeb1, 3).has_value());
    VERIFY_OK(play.world.checkLaws());
  }

  void zippedPageLivesInAStoreFrameOfItsVm() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::ZipStoreTake, kWeb2, 0, 20);
    refused(play, EventKind::Zip, kWeb1, 0, 1, {20, 0, 900}, "not in this VM's compression cache");
    play.must(EventKind::ZipStoreTake, kWeb1, 0, 21);
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 4096, 900}, "outside its frame");
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 1024, 1025}, "no slot at this place");
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 3072, 2048}, "no slot at this place");
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 512, 1024}, "no slot at this place");
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 0, 2049}, "no slot at this place");
    play.must(EventKind::Zip, kWeb1, 0, 1, {21, 2048, 900});
    const WorldPage page = play.world.page(kWeb1, Gfn(0));
    QCOMPARE(page.place, PagePlace::Zipped);
    QCOMPARE(page.mfn, Mfn(21));
    QCOMPARE(page.storeOffset, 2048u);
    QCOMPARE(page.compressedBytes, 900u);
    QCOMPARE(play.world.vm(kWeb1).zipStoreFrames, std::uint64_t{1});
    refused(play, EventKind::ZipStoreGive, kWeb1, 0, 21, {}, "still holds compressed pages");
    play.must(EventKind::Unzip, kWeb1, 0, 1, {21, 2048});
    play.must(EventKind::ZipStoreGive, kWeb1, 0, 21);
    VERIFY_OK(play.world.checkLaws());
  }

  void sameFilledPageIsZippedInNoFrame() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::ZipStoreTake, kWeb1, 0, 21);
    refused(play, EventKind::Zip, kWeb1, 0, 1, {21, 0, 0}, "a same-filled page is in no frame");
    refused(play, EventKind::Zip, kWeb1, 0, 1, {0, 1024, 0}, "no slot at this place");
    play.must(EventKind::Zip, kWeb1, 0, 1);
    const WorldPage page = play.world.page(kWeb1, Gfn(0));
    QCOMPARE(page.place, PagePlace::Zipped);
    QCOMPARE(page.compressedBytes, 0u);
    QCOMPARE(play.world.frame(Mfn(1)).use, FrameUse::Free);
    QCOMPARE(play.world.frame(Mfn(0)).use, FrameUse::Free);
    VERIFY_OK(play.world.checkLaws());
    play.must(EventKind::ZipStoreGive, kWeb1, 0, 21);
    refused(play, EventKind::Unzip, kWeb1, 0, 5, {21, 0}, "not compressed in this place");
    play.must(EventKind::Unzip, kWeb1, 0, 5);
    QCOMPARE(play.world.page(kWeb1, Gfn(0)).mfn, Mfn(5));
    VERIFY_OK(play.world.checkLaws());
  }

  void zippedPageGoesWithoutAFrameOfItsOwn() {
    Play play;
    play.must(EventKind::ZipStoreTake, kWeb1, 0, 21);
    for (std::uint64_t gfn = 0; gfn < 6; ++gfn) {
      play.must(EventKind::FirstTouch, kWeb1, gfn, 10 + gfn);
      // The first three into a store frame, the others same-filled.
      play.must(EventKind::Zip, kWeb1, gfn, 10 + gfn,
                gfn < 3 ? std::array<std::uint64_t, kEventValues>{21, gfn * 1024, 1000} : std::array<std::uint64_t, kEventValues>{});
    }
    for (const std::uint64_t gfn : {0u, 3u}) {
      refused(play, EventKind::SwapOut, kWeb1, gfn, 0, {gfn}, "was_zipped is not as the page was");
      refused(play, EventKind::SwapOut, kWeb1, gfn, 21, {gfn, 1}, "no frame of its own");
      refused(play, EventKind::Inflate, kWeb1, gfn, 0, {}, "was_zipped is not as the page was");
      refused(play, EventKind::Discard, kWeb1, gfn, 21, {0, 1}, "neither frame nor slot");
      play.must(EventKind::SwapOut, kWeb1, gfn, 0, {gfn, 1});
      QCOMPARE(play.world.swapSlot(kWeb1, gfn), std::optional(Gfn(gfn)));
      play.must(EventKind::Inflate, kWeb1, gfn + 1, 0, {0, 1});
      refused(play, EventKind::ZipStoreGive, kWeb1, 0, gfn == 0 ? 21 : 22, {},
              gfn == 0 ? "still holds" : "not in this VM's compression cache");
      play.must(EventKind::Discard, kWeb1, gfn + 2, 0, {0, 1});
      VERIFY_OK(play.world.checkLaws());
      if (gfn == 0) play.must(EventKind::ZipStoreGive, kWeb1, 0, 21);
    }
    QCOMPARE(play.world.host().at(FrameUse::Free), std::uint64_t{32});
    refused(play, EventKind::Inflate, kWeb1, 8, 0, {0, 1}, "was_zipped is not as the page was");
    play.must(EventKind::FirstTouch, kWeb1, 8, 1);
    refused(play, EventKind::SwapOut, kWeb1, 8, 0, {8, 1}, "was_zipped is not as the page was");
  }

  void balloonTakesPagesFromEveryPlace() {
    Play play;
    for (std::uint64_t gfn = 0; gfn < 3; ++gfn) play.must(EventKind::FirstTouch, kWeb1, gfn, gfn + 1);
    play.must(EventKind::SwapOut, kWeb1, 1, 2, {0});
    play.must(EventKind::Share, kWeb1, 2, 3, {3, 1});
    refused(play, EventKind::Inflate, kWeb1, 0, 2, {}, "the page is in another frame");
    play.must(EventKind::Inflate, kWeb1, 0, 1);
    refused(play, EventKind::Inflate, kWeb1, 1, 0, {0}, "swapped to another slot");
    play.must(EventKind::Inflate, kWeb1, 1, 0, {1});
    play.must(EventKind::Inflate, kWeb1, 2, 3);
    play.must(EventKind::Inflate, kWeb1, 3, 0);
    QCOMPARE(play.world.vm(kWeb1).at(PagePlace::Ballooned), std::uint64_t{4});
    QCOMPARE(play.world.host().at(FrameUse::Free), std::uint64_t{32});
    play.must(EventKind::Deflate, kWeb1, 0, 0);
    play.must(EventKind::Pop, kWeb1, 1, 0);
    refused(play, EventKind::Pop, kWeb1, 1, 0, {}, "the page is not ballooned");
    QCOMPARE(play.world.vm(kWeb1).at(PagePlace::Untouched), std::uint64_t{14});
  }

  void powerOffWantsAllPagesDiscarded() {
    Play play;
    play.must(EventKind::FirstTouch, kWeb1, 0, 1);
    play.must(EventKind::GuestFrame, kWeb1, 0, 0, {static_cast<std::uint64_t>(GuestUse::User)});
    QCOMPARE(play.world.page(kWeb1, Gfn(0)).guestUse, GuestUse::User);
    refused(play, EventKind::PowerOff, kWeb1, 0, 0, {}, "not all of the VM's pages");
    play.must(EventKind::Discard, kWeb1, 0, 1);
    refused(play, EventKind::Discard, kWeb1, 0, 0, {}, "untouched already");
    play.must(EventKind::PowerOff, kWeb1, 0, 0, {12});
    QVERIFY(!play.world.vm(kWeb1).poweredOn);
    QCOMPARE(play.world.vm(kWeb1).operations, std::uint64_t{12});
    QCOMPARE(play.world.page(kWeb1, Gfn(0)).guestUse, GuestUse::Unknown);
    refused(play, EventKind::FirstTouch, kWeb1, 0, 1, {}, "not powered on");
  }

  void overheadIsAUseOfFrames() {
    Play play;
    play.must(EventKind::OverheadTake, kWeb1, 0, 4, {static_cast<std::uint64_t>(OverheadUse::NestedPageTable)});
    play.must(EventKind::OverheadTake, kNoVm, 0, 5, {static_cast<std::uint64_t>(OverheadUse::ShareTable)});
    QCOMPARE(play.world.host().at(FrameUse::Overhead), std::uint64_t{2});
    QCOMPARE(play.world.vm(kWeb1).overheadFrames, std::uint64_t{1});
    QCOMPARE(play.world.frame(Mfn(5)).overhead, OverheadUse::ShareTable);
    QCOMPARE(play.world.frame(Mfn(5)).vm, kNoVm);
    refused(play, EventKind::OverheadGive, kWeb1, 0, 5, {}, "not overhead of this VM");
    play.must(EventKind::OverheadGive, kNoVm, 0, 5);
    QCOMPARE(play.world.host().at(FrameUse::Overhead), std::uint64_t{1});
  }

  void impossibleEventsAreNamed() {
    Play play;
    const auto played = play.play(EventKind::SwapOut, kWeb2, 0x1a, 0, {0});
    QVERIFY(!played);
    QCOMPARE(QString::fromStdString(played.error().text),
             QString("event #3 (swap-out of vm2 gfn 0x1a mfn 0x0) is impossible: the VM has no such page"));
    refused(play, EventKind::FirstTouch, VmId(2), 0, 0, {}, "there is no such VM");
    refused(play, EventKind::FirstTouch, kNoVm, 0, 0, {}, "it does not say which VM");
    refused(play, EventKind::Mark, kWeb1, 0, 0, {}, "has no VM");
    refused(play, EventKind::FreeStateChange, kNoVm, 0, 0, {5}, "no such free state");
    refused(play, EventKind::GuestFrame, kWeb1, 0, 0, {6}, "no such use of a guest frame");
  }

  void missingEventAndBackwardTimeAreRefused() {
    Play play;
    Event event;
    event.kind = EventKind::Mark;
    event.sequence = play.world.sequence() + 2;
    QVERIFY(!play.world.apply(event));
    event.sequence = play.world.sequence() + 1;
    event.hostTime = seconds(2);
    VERIFY_OK(play.world.apply(event));
    ++event.sequence;
    event.hostTime = seconds(1);
    QVERIFY(!play.world.apply(event));
  }

  void wildEventsNeverBreakTheLaws() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      LegalEvents legal(smallHeader(), seed);
      for (int i = 0; i < 300; ++i) legal.next();
      WorldModel world = legal.world();
      Random random(seed, "small wild events");
      for (int i = 0; i < 3'000; ++i) {
        Event event = wildEvent(random, static_cast<EventKind>(1 + random.below(kEventKinds)), Event());
        event.sequence = world.sequence() + 1;
        event.hostTime = world.hostTime();
        event.vm = random.below(10) == 0 ? event.vm : VmId(static_cast<std::uint16_t>(random.below(3)));
        event.gfn = Gfn(event.gfn.value() % 65);
        event.mfn = Mfn(event.mfn.value() % 101);
        for (std::uint64_t& value : event.values) value %= random.below(2) == 0 ? 101u : 3u;
        [[maybe_unused]] const auto applied = world.apply(event);
      }
      VERIFY_OK(world.checkLaws());
    }
  }

  void legalEventsKeepTheLawsAndUseEveryTransition() {
    std::array<std::uint64_t, kEventKinds> seen{};
    std::map<std::pair<EventKind, bool>, std::uint64_t> fromZipped;  // by kind, and whether the page was same-filled
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      LegalEvents legal(smallHeader(), seed);
      for (int i = 0; i < 20; ++i) {
        for (int j = 0; j < 200; ++j) {
          const WorldModel before = legal.world();
          const Event& event = legal.next();
          ++seen[static_cast<std::size_t>(event.kind) - 1];
          if (!infoOf(event.kind).hasGfn || event.vm == kNoVm) continue;
          const WorldPage page = before.page(event.vm, event.gfn);
          if (page.place == PagePlace::Zipped) ++fromZipped[{event.kind, page.compressedBytes == 0}];
        }
        VERIFY_OK(legal.world().checkLaws());
      }
    }
    for (const EventKind kind : {EventKind::Unzip, EventKind::SwapOut, EventKind::Inflate, EventKind::Discard}) {
      for (const bool sameFilled : {false, true}) QVERIFY2((fromZipped[{kind, sameFilled}] > 0), infoOf(kind).name.data());
    }
    for (const EventInfo& info : eventTable().first<static_cast<std::size_t>(EventKind::ZipStoreGive)>()) {
      if (info.kind == EventKind::PowerOff) continue;  // rare: all pages must be gone; powerOffWantsAllPagesDiscarded has it
      QVERIFY2(seen[static_cast<std::size_t>(info.kind) - 1] > 0, info.name.data());
    }
  }

  void undoIsTheExactInverse() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const TraceHeader header = smallHeader(2, 8, 20);
      const auto events = legalEvents(header, seed, 600);
      WorldModel world(header);
      WorldUndo undo;
      std::vector<WorldModel> before;
      for (const Event& event : events) {
        before.push_back(world);
        VERIFY_OK(world.apply(event, undo));
      }
      QCOMPARE(undo.events(), events.size());
      while (!before.empty()) {
        QVERIFY(world.undo(undo));
        QVERIFY(world == before.back());
        before.pop_back();
      }
      QVERIFY(!world.undo(undo));
    }
  }

  void undoLogForgetsTheOldest() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 3, 350);
    WorldModel world(header);
    WorldUndo undo(100);
    for (const Event& event : events) VERIFY_OK(world.apply(event, undo));
    QCOMPARE(undo.events(), std::size_t{150});
    WorldModel wanted(header);
    for (std::size_t i = 0; i < 200; ++i) VERIFY_OK(wanted.apply(events[i]));
    while (world.undo(undo)) {
    }
    QVERIFY(world == wanted);
    for (std::size_t i = 200; i < events.size(); ++i) VERIFY_OK(world.apply(events[i], undo));
    QCOMPARE(world.sequence(), std::uint64_t{350});
  }

  void keyframeIsTheWorld() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const TraceHeader header = smallHeader(3, 64, 150);
      LegalEvents legal(header, seed);
      for (int i = 0; i < 1'000; ++i) legal.next();
      const auto bytes = encodeKeyframe(legal.world());
      const auto back = decodeKeyframe(bytes, header);
      VERIFY_OK(back);
      QVERIFY(*back == legal.world());
    }
  }

  void damagedKeyframesNeverBreakTheLaws() {
    const TraceHeader header = smallHeader(2, 32, 60);
    LegalEvents legal(header, 4);
    for (int i = 0; i < 1'000; ++i) legal.next();
    const auto bytes = encodeKeyframe(legal.world());
    for (std::size_t size = 0; size < bytes.size(); ++size) QVERIFY(!decodeKeyframe(std::span(bytes).first(size), header));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto changed = bytes;
        changed[at] ^= std::byte{1} << bit;
        const auto back = decodeKeyframe(changed, header);
        if (back) VERIFY_OK(back->checkLaws());
      }
    }
  }
};

}  // namespace overcommit::test

using overcommit::test::WorldTest;
OVERCOMMIT_TEST(WorldTest)
#include "world_test.moc"

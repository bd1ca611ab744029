// SPDX-License-Identifier: GPL-2.0-or-later
// Large pages in the world model: 512 pages that move at once, and not one by one.
#include "legal_events.h"
#include "support/test.h"
#include "trace/world_keyframe.h"

namespace overcommit::test {
namespace {

constexpr VmId kVm(0);
constexpr std::uint64_t kLarge = kLargePagePages;

class LargePlay {
 public:
  LargePlay() : world(header()) { must(EventKind::PowerOn, 0, 0, {3 * kLarge + 100, 0}); }

  static TraceHeader header() { return smallHeader(1, 3 * kLarge + 100, 5 * kLarge); }
  Result<void> play(EventKind kind, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
    Event event;
    event.sequence = world.sequence() + 1;
    event.kind = kind;
    event.vm = kVm;
    event.gfn = Gfn(gfn);
    event.mfn = Mfn(mfn);
    event.values = values;
    return world.apply(event, undo);
  }
  void must(EventKind kind, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
    const auto played = play(kind, gfn, mfn, values);
    QVERIFY2(played.has_value(), played ? "" : played.error().text.c_str());
  }
  void mustNot(const char* why, EventKind kind, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
    const WorldModel before = world;
    const auto played = play(kind, gfn, mfn, values);
    QVERIFY2(!played && played.error().text.find(why) != std::string::npos, played ? why : played.error().text.c_str());
    QVERIFY(world == before);
  }

  WorldModel world;
  WorldUndo undo;
};

}  // namespace

class WorldLargeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void largeMapGivesAllPagesFramesInARow() {
    LargePlay play;
    play.must(EventKind::LargeMap, kLarge, 2 * kLarge, {kLarge + 7});
    for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{7}, kLarge - 1}) {
      const WorldPage page = play.world.page(kVm, Gfn(kLarge + i));
      QVERIFY(page.place == PagePlace::Private && page.large);
      QCOMPARE(page.mfn, Mfn(2 * kLarge + i));
      QCOMPARE(play.world.frame(page.mfn).gfn, Gfn(kLarge + i));
    }
    QVERIFY(!play.world.page(kVm, Gfn(kLarge - 1)).large && !play.world.page(kVm, Gfn(2 * kLarge)).large);
    QCOMPARE(play.world.vm(kVm).largePages, kLarge);
    QCOMPARE(play.world.vm(kVm).at(PagePlace::Private), kLarge);
    QCOMPARE(play.world.host().at(FrameUse::Private), kLarge);
    QVERIFY(play.world.checkLaws().has_value());
  }

  void pageOfALargePageCannotChangeItsPlaceAlone() {
    LargePlay play;
    play.must(EventKind::LargeMap, 0, 0, {3});
    const char* why = "part of a large page";
    play.mustNot(why, EventKind::SwapOut, 5, 5, {0});
    play.mustNot(why, EventKind::Inflate, 5, 5);
    play.mustNot(why, EventKind::Discard, 5, 5);
    play.mustNot(why, EventKind::Share, 5, 5, {5, 1});
    play.mustNot(why, EventKind::Zip, 5, 5);
    play.mustNot(why, EventKind::LargeMap, 0, kLarge, {0});
    play.must(EventKind::LargeBreak, 0, 0, {1});
    play.must(EventKind::SwapOut, 5, 5, {0});
  }

  void breakMovesNothing() {
    LargePlay play;
    play.must(EventKind::LargeMap, kLarge, kLarge, {kLarge});
    play.must(EventKind::LargeBreak, kLarge, 0, {2});
    QCOMPARE(play.world.vm(kVm).largePages, std::uint64_t{0});
    QCOMPARE(play.world.vm(kVm).at(PagePlace::Private), kLarge);
    QCOMPARE(play.world.page(kVm, Gfn(kLarge + 9)).mfn, Mfn(kLarge + 9));
    QVERIFY(!play.world.page(kVm, Gfn(kLarge + 9)).large);
    play.mustNot("no such large page", EventKind::LargeBreak, kLarge, 0, {2});
    QVERIFY(play.world.checkLaws().has_value());
  }

  void impossibleLargePagesAreRefused() {
    LargePlay play;
    play.must(EventKind::FirstTouch, kLarge + 3, 4 * kLarge + 3);
    play.mustNot("not all of its pages are untouched", EventKind::LargeMap, kLarge, 0, {kLarge});
    play.mustNot("not all of its frames are free", EventKind::LargeMap, 0, 4 * kLarge, {0});
    play.mustNot("multiple of 2 MiB", EventKind::LargeMap, 1, 0, {1});
    play.mustNot("multiple of 2 MiB", EventKind::LargeMap, 0, 8, {1});
    play.mustNot("the VM ends", EventKind::LargeMap, 3 * kLarge, 0, {3 * kLarge});
    play.mustNot("the host ends", EventKind::LargeMap, 0, 5 * kLarge, {0});
    play.mustNot("not in it", EventKind::LargeMap, 0, 0, {kLarge});
    play.must(EventKind::LargeMap, 0, 0, {0});
    play.mustNot("no such reason", EventKind::LargeBreak, 0, 0, {0});
    play.mustNot("no such reason", EventKind::LargeBreak, 0, 0, {5});
    play.mustNot("no such large page", EventKind::LargeBreak, 1, 0, {1});
  }

  void undoAndKeyframeKnowLargePages() {
    LargePlay play;
    std::vector<WorldModel> before;
    const auto must = [&](EventKind kind, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {}) {
      before.push_back(play.world);
      play.must(kind, gfn, mfn, values);
      const auto back = decodeKeyframe(encodeKeyframe(play.world), LargePlay::header());
      QVERIFY2(back.has_value(), back ? "" : back.error().text.c_str());
      QVERIFY(*back == play.world);
    };
    must(EventKind::GuestFrame, 2 * kLarge + 5, 0, {4, 1});  // what the guest says of a page outlives all that follows
    must(EventKind::LargeMap, 2 * kLarge, kLarge, {2 * kLarge});
    must(EventKind::LargeMap, 0, 4 * kLarge, {9});
    must(EventKind::GuestFrame, 4, 0, {2, 1});
    must(EventKind::LargeBreak, 0, 0, {2});
    must(EventKind::SwapOut, 4, 4 * kLarge + 4, {17});
    must(EventKind::FirstTouch, kLarge, 4 * kLarge + 4);
    must(EventKind::LargeBreak, 2 * kLarge, 0, {4});
    must(EventKind::Discard, 2 * kLarge, kLarge);
    while (!before.empty()) {
      QVERIFY(play.world.undo(play.undo));
      QVERIFY(play.world == before.back());
      QVERIFY(play.world.checkLaws().has_value());
      before.pop_back();
    }
  }

  void damagedKeyframesNeverBreakTheLaws() {
    LargePlay play;
    play.must(EventKind::LargeMap, kLarge, 3 * kLarge, {kLarge});
    play.must(EventKind::LargeMap, 0, 0, {0});
    const auto bytes = encodeKeyframe(play.world);
    // The list of large pages is the last thing in it.
    for (std::size_t at = bytes.size() - 8; at < bytes.size(); ++at) {
      QVERIFY(!decodeKeyframe(std::span(bytes).first(at), LargePlay::header()));
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto changed = bytes;
        changed[at] ^= std::byte{1} << bit;
        const auto back = decodeKeyframe(changed, LargePlay::header());
        if (back) QVERIFY(back->checkLaws().has_value());
      }
    }
  }
};

}  // namespace overcommit::test

using overcommit::test::WorldLargeTest;
OVERCOMMIT_TEST(WorldLargeTest)
#include "world_large_test.moc"

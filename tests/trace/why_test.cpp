// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/why.h"

#include <QJsonDocument>
#include <QJsonObject>

#include "legal_events.h"
#include "support/test.h"
#include "trace/trace_writer.h"

namespace overcommit::test {
namespace {

constexpr VmId kA(0), kB(1);

// A run made by hand: events one after another, a millisecond apart, and the trace of them.
class Story {
 public:
  explicit Story(TraceWriterOptions options = {}) : options_(options) {
    header = smallHeader(2, 64, 200);
    header.duration = seconds(1);
    header.vms[0].name = "a";
    header.vms[1].name = "b";
    add(EventKind::PowerOn, kA, 0, 0, {64, 16});
    lastPowerOn = add(EventKind::PowerOn, kB, 0, 0, {64, 16});
  }

  std::uint64_t add(EventKind kind, VmId vm, std::uint64_t gfn, std::uint64_t mfn, std::array<std::uint64_t, kEventValues> values = {},
                    std::uint64_t cause = 0, const std::string& text = {}) {
    Event event;
    event.sequence = events.size() + 1;
    event.hostTime = event.vmTime = milliseconds(event.sequence);
    event.kind = kind;
    event.vm = infoOf(kind).hasVm ? vm : kNoVm;
    event.gfn = Gfn(gfn);
    event.mfn = Mfn(mfn);
    event.values = values;
    event.cause = cause;
    event.text = text;
    events.push_back(event);
    return event.sequence;
  }
  std::uint64_t touch(VmId vm, std::uint64_t gfn, std::uint64_t mfn) { return add(EventKind::FirstTouch, vm, gfn, mfn); }
  std::uint64_t target(VmId vm, std::uint64_t pages) {
    const std::uint64_t balance = add(EventKind::Balance, kNoVm, 0, 0, {1, 100, 90, 10}, lastPowerOn);
    return add(EventKind::TargetSet, vm, 0, 0, {pages, 3, 2, 70'000}, balance);
  }
  // b's touch makes the host go from high to hard, and the swap daemon begins. Returns the victim's event.
  std::uint64_t pressure(VmId victim) {
    const std::uint64_t state = add(EventKind::FreeStateChange, kNoVm, 0, 0, {3, 0, 9, 10}, touch(kB, 50, 150));
    const std::uint64_t start = add(EventKind::ReclaimStart, kNoVm, 0, 0, {2, 9, 32}, state);
    return add(EventKind::VictimVm, victim, 0, 0, {640, 3, 0, 69'863}, start);
  }

  [[nodiscard]] std::vector<std::byte> trace() const {
    std::vector<std::byte> bytes;
    auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, options_);
    for (const Event& event : events) (*writer)->onEvent(event);
    (*writer)->finish({});
    invariant(!(*writer)->error(), "a trace in memory can be written");
    return bytes;
  }
  [[nodiscard]] Result<WhyAnswer> why(VmId vm, std::uint64_t gfn, std::optional<VirtualTime> at = std::nullopt) const {
    const std::vector<std::byte> bytes = trace();
    const auto reader = TraceReader::openBytes(bytes);
    return explainPage(*reader, {vm, Gfn(gfn), at});
  }

  TraceHeader header;
  std::vector<Event> events;
  std::uint64_t lastPowerOn = 0;

 private:
  TraceWriterOptions options_;
};

std::vector<EventKind> kindsOf(const WhyChain& chain) {
  std::vector<EventKind> kinds;
  for (const WhyLink& link : chain.links) kinds.push_back(link.event.kind);
  return kinds;
}
bool tells(const WhyLink& link, std::string_view part) { return link.sentence.find(part) != std::string::npos; }
std::optional<std::uint64_t> figureOf(const WhyLink& link, std::string_view name) {
  for (const WhyFigure& figure : link.figures) {
    if (figure.name == name) return figure.value;
  }
  return std::nullopt;
}

#define VERIFY_TELLS(link, part) QVERIFY2(tells(link, part), (link).sentence.c_str())

// A page of a that is swapped out under pressure; b is no candidate.
Story swapped(TraceWriterOptions options = {}) {
  Story story(options);
  for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kA, gfn, gfn);
  story.target(kA, 1);
  const std::uint64_t victim = story.pressure(kA);
  story.add(EventKind::Refusal, kA, 1, 0, {static_cast<std::uint64_t>(RefusalReason::RecentlyFaulted)}, victim);
  story.add(EventKind::Refusal, kA, 2, 0, {static_cast<std::uint64_t>(RefusalReason::HashMiss)}, victim);
  story.add(EventKind::Refusal, kA, 2, 0, {static_cast<std::uint64_t>(RefusalReason::DoesNotFit)}, victim);
  story.add(EventKind::SwapOut, kA, 2, 2, {7, 0}, victim);
  return story;
}

}  // namespace

class WhyTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aSwappedPageLeadsBackToTheTouchThatTookTheFrame() {
    const auto answer = swapped().why(kA, 2);
    VERIFY_OK(answer);
    QCOMPARE(answer->page.place, PagePlace::Swapped);
    QCOMPARE(answer->chains.size(), std::size_t{2});
    const auto& links = answer->chains[0].links;
    QVERIFY(kindsOf(answer->chains[0]) == (std::vector{EventKind::SwapOut, EventKind::VictimVm, EventKind::ReclaimStart,
                                                       EventKind::FreeStateChange, EventKind::FirstTouch}));
    VERIFY_TELLS(links[0], "slot 7");
    VERIFY_TELLS(links[0], "drawn at random from a's 3 private pages; one that was drawn before it was left alone");
    VERIFY_TELLS(links[0], "could not be shared");
    VERIFY_TELLS(links[0], "could not be compressed");
    VERIFY_TELLS(links[1], "2 pages (8 KiB) above its target");
    QCOMPARE(figureOf(links[1], "target_pages"), std::optional<std::uint64_t>(1));
    VERIFY_TELLS(links[2], "in the hard state");
    VERIFY_TELLS(links[3], "from the high to the hard state: 9 pages (36 KiB) were free, less than the threshold of 10 pages");
    VERIFY_TELLS(links[4], "b touched gfn 0x32");
    VERIFY_TELLS(links[4], "Here it began: the guest's touch");
    QVERIFY(kindsOf(answer->chains[1]) == (std::vector{EventKind::TargetSet, EventKind::Balance, EventKind::PowerOn}));
    VERIFY_TELLS(answer->chains[1].links[1], "because a VM was powered on");
  }

  void theVmThatPaidIsComparedWithTheOthersAboveTheirTargets() {
    Story story;
    for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kA, gfn, gfn);
    for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kB, gfn, gfn + 10);
    story.target(kA, 1);
    story.target(kB, 1);
    story.add(EventKind::SwapOut, kA, 2, 2, {7, 0}, story.pressure(kA));
    const auto answer = story.why(kA, 2);
    VERIFY_OK(answer);
    VERIFY_TELLS(answer->chains[0].links[1], "b 0.070000");
    QCOMPARE(figureOf(answer->chains[0].links[1], "next_rho_millionths"), std::optional<std::uint64_t>(70'000));
  }

  void aPageThatCameBackTellsBothWays() {
    Story story = swapped();
    story.add(EventKind::SwapIn, kA, 2, 77, {7});
    const auto answer = story.why(kA, 2);
    VERIFY_OK(answer);
    QCOMPARE(answer->page.place, PagePlace::Private);
    QVERIFY(kindsOf(answer->chains[0]) == std::vector{EventKind::SwapIn});
    QCOMPARE(answer->chains[1].title, std::string("Why it had been elsewhere"));
    QCOMPARE(answer->chains[1].links.front().event.kind, EventKind::SwapOut);
  }

  void anEarlierInstantTellsWhatWasTrueThen() {
    const Story story = swapped();
    const auto answer = story.why(kA, 2, milliseconds(5));
    VERIFY_OK(answer);
    QCOMPARE(answer->sequence, std::uint64_t{5});
    QCOMPARE(answer->page.place, PagePlace::Private);
    QVERIFY(kindsOf(answer->chains[0]) == std::vector{EventKind::FirstTouch});
  }

  void aLimitIsNamedWithTheSettingThatMadeIt() {
    Story story;
    for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kA, gfn, gfn);
    const std::uint64_t setting = story.add(EventKind::SettingChange, kA, 0, 0, {}, 0, "limit = 2");
    story.add(EventKind::Allotment, kA, 0, 0, {0, 2, 640, 0});
    const std::uint64_t start = story.add(EventKind::ReclaimStart, kA, 9, 0, {3, 190, 1});
    story.add(EventKind::Zip, kA, 2, 2, {}, story.add(EventKind::VictimVm, kA, 0, 0, {640, 3, 0, 1}, start));
    const auto answer = story.why(kA, 2);
    VERIFY_OK(answer);
    const auto& links = answer->chains[0].links;
    QVERIFY(kindsOf(answer->chains[0]) == (std::vector{EventKind::Zip, EventKind::VictimVm, EventKind::ReclaimStart}));
    VERIFY_TELLS(links[1], "the limit is its own");
    QCOMPARE(figureOf(links[2], "limit_pages"), std::optional<std::uint64_t>(2));
    VERIFY_TELLS(links[2], "a needed a frame for gfn 0x9 and was at its limit");
    VERIFY_TELLS(links[2], "#" + std::to_string(setting) + ": limit = 2");
  }

  void aBalloonedPageLeadsToThePollAndTheTarget() {
    Story story;
    for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kA, gfn, gfn);
    const std::uint64_t told = story.add(EventKind::BalloonTarget, kA, 0, 0, {2, 0}, story.target(kA, 1));
    story.add(EventKind::Inflate, kA, 3, 3, {}, told);
    const auto answer = story.why(kA, 3);
    VERIFY_OK(answer);
    const auto& links = answer->chains[0].links;
    QVERIFY(kindsOf(answer->chains[0]) ==
            (std::vector{EventKind::Inflate, EventKind::BalloonTarget, EventKind::TargetSet, EventKind::Balance, EventKind::PowerOn}));
    VERIFY_TELLS(links[0], "the guest chose it");
    VERIFY_TELLS(links[1], "told to inflate the balloon from 0 pages (0 B) to 2 pages (8 KiB)");
    VERIFY_TELLS(links[1], "2 pages (8 KiB) above its target");
    QCOMPARE(figureOf(links[1], "free_pages"), std::optional<std::uint64_t>(197));
  }

  void aPageOfTheBalloonThatIsTouchedTellsOfThePop() {
    Story story;
    story.touch(kA, 3, 3);
    story.add(EventKind::Inflate, kA, 3, 3, {}, story.add(EventKind::BalloonTarget, kA, 0, 0, {2, 0}, story.target(kA, 1)));
    story.add(EventKind::FirstTouch, kA, 3, 8, {}, story.add(EventKind::Pop, kA, 3, 0));
    const auto answer = story.why(kA, 3);
    VERIFY_OK(answer);
    QVERIFY(kindsOf(answer->chains[0]) == (std::vector{EventKind::FirstTouch, EventKind::Pop}));
    QCOMPARE(answer->chains[1].links.front().event.kind, EventKind::Inflate);
  }

  void aPageWhoseFrameBecameTheSharedOneNamesThePartner() {
    Story story;
    story.touch(kA, 1, 1);
    story.touch(kB, 2, 2);
    const std::uint64_t scan = story.add(EventKind::Scan, kB, 0, 0, {5, 0});
    story.add(EventKind::Share, kA, 1, 1, {1, 1}, scan);
    story.add(EventKind::Share, kB, 2, 1, {2, 2}, scan);
    const auto first = story.why(kA, 1);
    VERIFY_OK(first);
    QVERIFY(kindsOf(first->chains[0]) == (std::vector{EventKind::Share, EventKind::Scan}));
    VERIFY_TELLS(first->chains[0].links[0], "b gfn 0x2 was found to hold the same bytes as a gfn 0x1");
    const auto second = story.why(kB, 2);
    VERIFY_OK(second);
    VERIFY_TELLS(second->chains[0].links[0], "which 2 pages share");
    VERIFY_TELLS(second->chains[0].links[1], "looked at 5 pages of b");
  }

  void anEvictedPageNamesWhatItMadeRoomFor() {
    Story story;
    for (std::uint64_t gfn = 1; gfn <= 3; ++gfn) story.touch(kA, gfn, gfn);
    const std::uint64_t victim = story.pressure(kA);
    story.add(EventKind::ZipStoreTake, kA, 0, 100, {}, victim);
    story.add(EventKind::Zip, kA, 1, 1, {100, 0, 2000}, victim);
    story.add(EventKind::SwapOut, kA, 1, 0, {0, 1}, victim);
    const std::uint64_t next = story.add(EventKind::Zip, kA, 2, 2, {100, 0, 1900}, victim);
    const auto answer = story.why(kA, 1);
    VERIFY_OK(answer);
    VERIFY_TELLS(answer->chains[0].links[0], "the cache was full");
    VERIFY_TELLS(answer->chains[0].links[0], "made room for gfn 0x2 (#" + std::to_string(next) + ")");
  }

  void refusalsSinceTheLastMoveAreToldTheLastOnesFirst() {
    Story story;
    story.touch(kA, 1, 1);
    const std::uint64_t victim = story.pressure(kA);
    for (int i = 0; i < 20; ++i)
      story.add(EventKind::Refusal, kA, 1, 0, {static_cast<std::uint64_t>(RefusalReason::RecentlyFaulted)}, victim);
    const auto answer = story.why(kA, 1);
    VERIFY_OK(answer);
    QCOMPARE(answer->timesLeftAlone, std::uint64_t{20});
    QCOMPARE(answer->leftAlone.size(), kMostLeftAlone);
    QCOMPARE(answer->leftAlone.front().event.sequence, std::uint64_t{story.events.size()});
    VERIFY_TELLS(answer->leftAlone.front(), "among the last pages that its VM faulted");
  }

  void aPageThatWasNeverTouchedHasNoChain() {
    const auto answer = swapped().why(kA, 60);
    VERIFY_OK(answer);
    QVERIFY(answer->chains.empty());
    QVERIFY(whyText(*answer, swapped().header).find("the guest never touched it") != std::string::npos);
  }

  void blocksAndKeyframesDoNotMatter() {
    const Story whole = swapped(), cut = swapped({3, 1u << 20, 7});
    for (const std::uint64_t gfn : {1u, 2u, 3u, 60u}) {
      const auto a = whole.why(kA, gfn), b = cut.why(kA, gfn);
      VERIFY_OK(a);
      VERIFY_OK(b);
      QCOMPARE(whyJson(*a, whole.header), whyJson(*b, cut.header));
    }
  }

  void whatDoesNotExistIsNamed() {
    const Story story = swapped();
    const auto refused = [](const Result<WhyAnswer>& answer, const char* why) {
      QVERIFY(!answer);
      QVERIFY2(answer.error().text.find(why) != std::string::npos, answer.error().text.c_str());
    };
    refused(story.why(VmId(9), 0), "there is no VM 9");
    refused(story.why(kNoVm, 0), "there is no VM");
    refused(story.why(kA, 64), "a has no page 0x40: its 64 pages are 0 to 0x3f");
    refused(story.why(kA, 1, seconds(2)), "beyond the end of the trace, which is at 1 s");
  }

  void aChainIsCutWhenItIsTooLong() {
    Story story;
    std::uint64_t cause = 0;
    for (int i = 0; i < 100; ++i) cause = story.add(EventKind::Mark, kNoVm, 0, 0, {}, cause, "on and on");
    story.add(EventKind::FirstTouch, kA, 1, 1, {}, cause);
    const auto answer = story.why(kA, 1);
    VERIFY_OK(answer);
    QCOMPARE(answer->chains[0].links.size(), std::size_t{24});
    VERIFY_TELLS(answer->chains[0].links.back(), "and so on");
  }

  // Legal events in which anything may be the cause of anything that follows.
  void nonsensicalCausesAreToldWithoutHarm() {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const TraceHeader header = smallHeader();
      std::vector<std::byte> bytes;
      auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, {64, 1u << 20, 300});
      for (const Event& event : legalEvents(header, seed, 1'500)) (*writer)->onEvent(event);
      (*writer)->finish({});
      const auto reader = TraceReader::openBytes(bytes);
      VERIFY_OK(reader);
      for (std::uint64_t gfn = 0; gfn < 64; gfn += 7) {
        const auto answer = explainPage(*reader, {VmId(static_cast<std::uint16_t>(gfn % 3)), Gfn(gfn), std::nullopt});
        VERIFY_OK(answer);
        for (const QString& line : QString::fromStdString(whyText(*answer, header)).split('\n'))
          QVERIFY2(line.size() <= 100, qPrintable(line));
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(whyJson(*answer, header)));
        QVERIFY(json.isObject());
        QCOMPARE(json.object()["gfn"].toInteger(), static_cast<qint64>(gfn));
      }
    }
  }

  void impossibleEventsAreAnError() {
    Story story;
    for (const Event& event : wildEvents(3, 400)) {
      Event next = event;
      next.sequence = story.events.size() + 1;
      next.cause = std::min(next.cause, next.sequence - 1);
      next.hostTime = milliseconds(next.sequence);
      story.events.push_back(next);
    }
    const auto answer = story.why(kA, 1);
    QVERIFY(!answer);
    QVERIFY2(answer.error().text.find("cannot play") != std::string::npos, answer.error().text.c_str());
  }
};

}  // namespace overcommit::test

using overcommit::test::WhyTest;
OVERCOMMIT_TEST(WhyTest)
#include "why_test.moc"

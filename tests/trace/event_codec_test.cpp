// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_codec.h"

#include "legal_events.h"
#include "support/test.h"

namespace overcommit::test {
namespace {

std::vector<std::byte> encoded(const std::vector<Event>& events) {
  EventBlockEncoder encoder;
  for (const Event& event : events) encoder.add(event);
  return encoder.finish();
}

// All events of a payload, or the first error.
Result<std::vector<Event>> decoded(std::span<const std::byte> payload, std::size_t count, std::uint64_t sequence, VirtualTime time) {
  auto decoder = EventBlockDecoder::open(payload, static_cast<std::uint32_t>(count), sequence, time);
  if (!decoder) return tl::unexpected(decoder.error());
  std::vector<Event> events;
  Event event;
  for (;;) {
    const auto next = decoder->next(event);
    if (!next) return tl::unexpected(next.error());
    if (!*next) return events;
    events.push_back(event);
  }
}

Result<std::vector<Event>> roundTrip(const std::vector<Event>& events) {
  return decoded(encoded(events), events.size(), events.front().sequence, events.front().hostTime);
}

}  // namespace

class EventCodecTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void zigzagMakesSmallDifferencesSmall() {
    QCOMPARE(zigzag(0), std::uint64_t{0});
    QCOMPARE(zigzag(~std::uint64_t{0}), std::uint64_t{1});
    QCOMPARE(zigzag(1), std::uint64_t{2});
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{77}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
      QCOMPARE(unzigzag(zigzag(value)), value);
    }
  }

  void varintsOfEverySizeComeBack() {
    for (unsigned bits = 0; bits < 64; ++bits) {
      for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1, ~std::uint64_t{0} >> bits}) {
        ByteWriter out;
        out.varint(value);
        QVERIFY(out.size() <= kVarintMax);
        ByteReader in(out.bytes());
        QCOMPARE(in.varint(), value);
        QVERIFY(in.atEnd() && !in.failed());
      }
    }
  }

  void overlongVarintFails() {
    const std::vector<std::byte> eleven(11, std::byte{0x80});
    ByteReader in(eleven);
    QCOMPARE(in.varint(), std::uint64_t{0});
    QVERIFY(in.failed());
    std::vector<std::byte> tooLarge(10, std::byte{0xff});
    tooLarge.back() = std::byte{2};  // the 65th bit
    ByteReader large(tooLarge);
    large.varint();
    QVERIFY(large.failed());
  }

  void everyKindKeepsEveryField() {
    const auto events = wildEvents(1, kEventKinds);
    const auto back = roundTrip(events);
    VERIFY_OK(back);
    QCOMPARE(back->size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      QVERIFY2((*back)[i] == events[i], infoOf(events[i].kind).name.data());
    }
  }

  void randomEventsComeBackAsTheyWere() {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      const auto wild = wildEvents(seed, 500);
      const auto wildBack = roundTrip(wild);
      VERIFY_OK(wildBack);
      QVERIFY(*wildBack == wild);
      const auto legal = legalEvents(smallHeader(), seed, 500);
      const auto legalBack = roundTrip(legal);
      VERIFY_OK(legalBack);
      QVERIFY(*legalBack == legal);
    }
  }

  void secondBlockDoesNotNeedTheFirst() {
    auto events = wildEvents(3, 200);
    EventBlockEncoder encoder;
    for (std::size_t i = 0; i < 100; ++i) encoder.add(events[i]);
    encoder.finish();
    for (std::size_t i = 100; i < 200; ++i) encoder.add(events[i]);
    events.erase(events.begin(), events.begin() + 100);
    const auto back = decoded(encoder.finish(), 100, 101, events.front().hostTime);
    VERIFY_OK(back);
    QVERIFY(*back == events);
  }

  void longTextIsCut() {
    Event event;
    event.sequence = 1;
    event.kind = EventKind::Mark;
    event.text = std::string(kEventTextMax + 10, 'x');
    const auto back = roundTrip({event});
    VERIFY_OK(back);
    QCOMPARE(back->front().text.size(), kEventTextMax);
  }

  void everyTruncationIsAnError() {
    const auto events = legalEvents(smallHeader(), 9, 60);
    const auto payload = encoded(events);
    for (std::size_t size = 0; size < payload.size(); ++size) {
      QVERIFY(!decoded(std::span(payload).first(size), events.size(), 1, VirtualTime()));
    }
  }

  void wrongCountsAreErrors() {
    const auto events = legalEvents(smallHeader(), 9, 60);
    const auto payload = encoded(events);
    QVERIFY(!decoded(payload, 59, 1, VirtualTime()));
    QVERIFY(!decoded(payload, 61, 1, VirtualTime()));
    QVERIFY(!decoded(payload, kMaxBlockEvents, 1, VirtualTime()));
  }

  void changedBytesNeverCrashAndNeverGiveMoreEvents() {
    const auto events = legalEvents(smallHeader(), 11, 100);
    const auto payload = encoded(events);
    for (std::size_t at = 0; at < payload.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto changed = payload;
        changed[at] ^= std::byte{1} << bit;
        const auto back = decoded(changed, events.size(), 1, VirtualTime());
        QVERIFY(!back || back->size() == events.size());
      }
    }
  }

  void errorNamesTheEvent() {
    const auto events = legalEvents(smallHeader(), 9, 3);
    ByteWriter payload;  // three heads and nothing else
    payload.varint(1);
    payload.varint(kHeadsColumn);
    payload.varint(3);
    for (int i = 0; i < 3; ++i) payload.u8(static_cast<std::uint8_t>(EventKind::FirstTouch));
    const auto back = decoded(payload.bytes(), 3, 41, VirtualTime());
    QVERIFY(!back);
    QVERIFY2(back.error().text.find("#41 (first-touch)") != std::string::npos, back.error().text.c_str());
  }
};

}  // namespace overcommit::test

using overcommit::test::EventCodecTest;
OVERCOMMIT_TEST(EventCodecTest)
#include "event_codec_test.moc"

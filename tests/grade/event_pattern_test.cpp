// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/event_pattern.h"

#include <array>

#include "support/test.h"
#include "trace/trace_writer.h"

using namespace overcommit;

namespace {

constexpr std::array<std::string_view, 7> kKeys{"event", "vm", "where", "from", "to", "while", "followed_by"};

Result<EventPattern> patternOf(const std::string& toml) {
  const auto root = parseToml(toml, "lab.toml");
  if (!root) return tl::unexpected(root.error());
  Mistakes mistakes("lab.toml");
  const KeyReader keys(*root, "[[check]]", kKeys, mistakes);
  auto pattern = readEventPattern(keys, root->position, mistakes);
  if (mistakes.any()) return tl::unexpected(mistakes.first());
  return *pattern;
}

QString mistakeIn(const std::string& toml) {
  const auto pattern = patternOf(toml);
  return pattern ? QString() : QString::fromStdString(pattern.error().text);
}

Event about(EventKind kind, std::uint64_t milliseconds, std::uint16_t vm, std::uint64_t gfn, std::uint64_t value = 0) {
  Event event;
  event.kind = kind;
  event.hostTime = event.vmTime = VirtualTime(milliseconds * 1'000'000);
  event.vm = VmId(vm);
  event.gfn = Gfn(gfn);
  event.values[0] = value;
  return event;
}

// The frames of the events that fit, in the order in which they are told.
std::vector<std::uint64_t> framesOf(std::vector<Event> events, const std::string& toml) {
  TraceHeader header;
  header.hostMemory = Pages(100);
  for (const char* name : {"a", "b"}) header.vms.push_back({name, Pages(64), Pages(16), "toucher"});
  std::vector<std::byte> bytes;
  auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header);
  if (!writer) qFatal("%s", writer.error().text.c_str());
  std::uint64_t sequence = 0;
  for (Event& event : events) {
    event.sequence = ++sequence;
    (*writer)->onEvent(event);
  }
  (*writer)->finish({1, 2});
  const auto reader = TraceReader::openBytes(bytes);
  const auto pattern = patternOf(toml);
  if (!reader || !pattern) qFatal("%s", (reader ? pattern.error() : reader.error()).text.c_str());
  std::vector<std::uint64_t> frames;
  const auto looked = forMatchingEvents(*reader, *pattern, [&](const Event& event) { frames.push_back(event.gfn.value()); });
  if (!looked) qFatal("%s", looked.error().text.c_str());
  return frames;
}

using Frames = std::vector<std::uint64_t>;
constexpr std::uint64_t kFree = 0, kUser = 4;  // GuestUse
const std::string kPagedTwice =
    "event = \"swap-in\"\nfollowed_by = { event = \"guest-frame\", where = { use = \"free\" }, within = \"50 ms\" }\n";

}  // namespace

class EventPatternTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void conditionsAreAllKept() {
    const std::vector<Event> events{about(EventKind::SwapOut, 1, 0, 5, 7), about(EventKind::SwapOut, 2, 1, 6, 7),
                                    about(EventKind::SwapOut, 3, 0, 7, 9), about(EventKind::Zip, 4, 0, 8, 7)};
    QCOMPARE(framesOf(events, "event = \"swap-out\"\n"), (Frames{5, 6, 7}));
    QCOMPARE(framesOf(events, "event = \"swap-out\"\nvm = \"a\"\n"), (Frames{5, 7}));
    QCOMPARE(framesOf(events, "event = \"swap-out\"\nwhere = { slot = 7 }\nfrom = \"2 ms\"\n"), (Frames{6}));
    QCOMPARE(framesOf(events, "event = \"swap-out\"\nwhere = { slot = { min = 8 } }\n"), (Frames{7}));
  }

  void whatFollowsIsOfTheSamePageAndInTime() {
    QCOMPARE(framesOf({about(EventKind::SwapIn, 1, 0, 5), about(EventKind::SwapIn, 2, 0, 6), about(EventKind::SwapIn, 3, 0, 7),
                       about(EventKind::SwapIn, 4, 0, 8), about(EventKind::GuestFrame, 10, 0, 6, kFree),  // in time
                       about(EventKind::GuestFrame, 11, 0, 7, kUser),                                     // for something else
                       about(EventKind::GuestFrame, 12, 1, 8, kFree),                                     // another VM's page
                       about(EventKind::GuestFrame, 51, 0, 5, kFree),                                     // just in time
                       about(EventKind::GuestFrame, 55, 0, 8, kFree)},                                    // too late
                      kPagedTwice),
             (Frames{6, 5}));
  }

  void oneEventFollowsOne() {
    QCOMPARE(framesOf({about(EventKind::GuestFrame, 1, 0, 5, kFree), about(EventKind::SwapIn, 2, 0, 5), about(EventKind::SwapIn, 90, 0, 5),
                       about(EventKind::GuestFrame, 100, 0, 5, kFree), about(EventKind::GuestFrame, 101, 0, 5, kFree)},
                      kPagedTwice),
             (Frames{5}));
  }

  void wordsSayAllOfIt() {
    const auto bounded = patternOf("event = \"free-state\"\nfrom = \"1 s\"\nto = \"1550 ms\"\n");
    VERIFY_OK(bounded);
    QCOMPARE(bounded->words(), std::string("free-state from 1 s on up to 1550 ms"));
    const auto pattern = patternOf("vm = \"a\"\n" + kPagedTwice);
    VERIFY_OK(pattern);
    QCOMPARE(pattern->words(), std::string("swap-in of a, followed within 50 ms by guest-frame with use free of the same page"));
  }

  void mistakesAreTold() {
    QVERIFY(mistakeIn("event = \"free-state\"\nfollowed_by = { event = \"swap-in\", within = \"1 s\" }\n").contains("free-state has none"));
    QVERIFY(mistakeIn("event = \"swap-in\"\nfollowed_by = { event = \"scan\", within = \"1 s\" }\n").contains("scan has none"));
    QVERIFY(mistakeIn("event = \"swap-in\"\nfollowed_by = { event = \"swap-out\" }\n").contains("within"));
    QVERIFY(mistakeIn("event = \"swap-in\"\nfollowed_by = { within = \"1 s\" }\n").contains("\"event\" is missing"));
    QVERIFY(mistakeIn("event = \"guest-frame\"\nwhere = { use = \"fre\" }\n").contains("there are free, kernel"));
    QVERIFY(mistakeIn("event = \"swap-out\"\nwhere = { slot = \"free\" }\n").contains("it is a number"));
  }
};

OVERCOMMIT_TEST(EventPatternTest)
#include "event_pattern_test.moc"

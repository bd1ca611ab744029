// SPDX-License-Identifier: GPL-2.0-or-later
// Writer and reader together: whole files, cut files, damaged files, growing files.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "legal_events.h"
#include "support/test.h"
#include "trace/trace_cursor.h"
#include "trace/trace_reader.h"
#include "trace/trace_writer.h"

namespace overcommit::test {
namespace {

constexpr TraceWriterOptions kSmallBlocks{50, 1u << 20, 170};
constexpr Digest kDigest{0x0123'4567'89ab'cdefu, 77};

std::vector<std::byte> fileOf(const TraceHeader& header, const std::vector<Event>& events, TraceWriterOptions options, bool finished) {
  std::vector<std::byte> bytes;
  auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, options);
  invariant(writer.has_value(), "a trace in memory can be written");
  for (const Event& event : events) (*writer)->onEvent(event);
  finished ? (*writer)->finish(kDigest) : (*writer)->flush();
  return bytes;
}

Result<std::vector<Event>> readAll(const TraceReader& reader) {
  std::vector<Event> events;
  EventStream stream = reader.events();
  Event event;
  for (;;) {
    const auto next = stream.next(event);
    if (!next) return tl::unexpected(next.error());
    if (!*next) return events;
    events.push_back(event);
  }
}

bool beginsWith(const std::vector<Event>& all, const std::vector<Event>& part) {
  return part.size() <= all.size() && std::equal(part.begin(), part.end(), all.begin());
}

// An output that is full after so many bytes.
class FullOutput final : public TraceOutput {
 public:
  FullOutput(std::vector<std::byte>& bytes, std::size_t room) : bytes_(bytes), room_(room) {}
  Result<void> append(std::span<const std::byte> bytes) override {
    if (bytes_.size() + bytes.size() > room_) return failure("cannot write the trace: no space left on device");
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }

 private:
  std::vector<std::byte>& bytes_;
  std::size_t room_;
};

}  // namespace

class TraceFileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void finishedTraceGivesEverythingBack() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 1, 1'000);
    const auto bytes = fileOf(header, events, kSmallBlocks, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QVERIFY(reader->header() == header);
    QCOMPARE(reader->end(), TraceEnd::Complete);
    QVERIFY(reader->digest() == kDigest);
    QCOMPARE(reader->firstSequence(), std::uint64_t{1});
    QCOMPARE(reader->lastSequence(), std::uint64_t{1'000});
    QCOMPARE(reader->lastTime(), events.back().hostTime);
    QCOMPARE(reader->bytes(), bytes.size());
    const auto back = readAll(*reader);
    VERIFY_OK(back);
    QVERIFY(*back == events);
    const auto keyframes = std::count_if(reader->blocks().begin(), reader->blocks().end(),
                                         [](const BlockEntry& block) { return block.kind == BlockKind::Keyframe; });
    QCOMPARE(keyframes, 5);
  }

  void traceOfNothingIsComplete() {
    const auto bytes = fileOf(smallHeader(), {}, {}, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QCOMPARE(reader->end(), TraceEnd::Complete);
    QCOMPARE(reader->lastSequence(), std::uint64_t{0});
    QVERIFY(readAll(*reader)->empty());
    TraceCursor cursor(*reader);
    VERIFY_OK(cursor.seekTime(seconds(1)));
    QVERIFY(!*cursor.stepForward() && !*cursor.stepBack());
  }

  void eventsAreFoundByNumberAndTime() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 2, 500);
    const auto bytes = fileOf(header, events, kSmallBlocks, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    for (const Event& event : events) {
      const auto found = reader->event(event.sequence);
      VERIFY_OK(found);
      QVERIFY(*found == event);
    }
    QVERIFY(!reader->event(0) && !reader->event(501));
    for (std::uint64_t time = 0; time <= events.back().hostTime.value() + 1'000; time += events.back().hostTime.value() / 97) {
      std::uint64_t wanted = 0;
      for (const Event& event : events) {
        if (event.hostTime <= VirtualTime(time)) wanted = event.sequence;
      }
      const auto found = reader->lastSequenceAt(VirtualTime(time));
      VERIFY_OK(found);
      QCOMPARE(*found, wanted);
    }
  }

  void cutFileOpensUpToItsLastWholeBlock() {
    const TraceHeader header = smallHeader(2, 16, 30);
    const auto events = legalEvents(header, 3, 120);
    const auto bytes = fileOf(header, events, {20, 1u << 20, 50}, true);
    const auto whole = TraceReader::openBytes(bytes);
    VERIFY_OK(whole);
    const std::uint64_t headerEnd = whole->blocks().front().offset;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto reader = TraceReader::openBytes(std::span(bytes).first(size));
      if (size < headerEnd) {
        QVERIFY(!reader);
        QVERIFY(!reader.error().text.empty());
        continue;
      }
      VERIFY_OK(reader);
      QCOMPARE(reader->end(), TraceEnd::Unfinished);
      QVERIFY(!reader->digest());
      std::uint64_t wanted = 0;
      for (const BlockEntry& block : whole->blocks()) {
        if (block.kind == BlockKind::Events && block.end() <= size) wanted = block.endSequence() - 1;
      }
      QCOMPARE(reader->lastSequence(), wanted);
      const auto back = readAll(*reader);
      VERIFY_OK(back);
      QCOMPARE(back->size(), wanted);
      QVERIFY(beginsWith(events, *back));
    }
  }

  void changedByteIsNoticedOrHarmless() {
    const TraceHeader header = smallHeader(2, 16, 30);
    const auto events = legalEvents(header, 4, 120);
    for (const bool finished : {true, false}) {
      const auto bytes = fileOf(header, events, {20, 1u << 20, 50}, finished);
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto changed = bytes;
        changed[at] ^= std::byte{0x10};
        const auto reader = TraceReader::openBytes(changed);
        if (!reader) continue;
        const auto back = readAll(*reader);
        // Whatever is still given is true.
        if (back) QVERIFY(beginsWith(events, *back));
        if (back && back->size() == events.size()) continue;
        QVERIFY(!back || reader->end() != TraceEnd::Complete);
      }
    }
  }

  void damageIsNamedWithItsPlace() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 5, 200);
    auto bytes = fileOf(header, events, kSmallBlocks, false);
    const std::uint64_t second = TraceReader::openBytes(bytes)->blocks()[1].offset;
    bytes[second + kBlockHeadBytes + 3] ^= std::byte{1};
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QCOMPARE(reader->end(), TraceEnd::Damaged);
    QCOMPARE(reader->lastSequence(), std::uint64_t{50});
    const QString text = QString::fromStdString(reader->endText());
    QVERIFY2(text.contains(QString("damaged at byte %1").arg(second)) && text.contains("checksum") && text.contains("#50"),
             qPrintable(text));
  }

  void damagedBlockOfACompleteTraceIsAnErrorThere() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 5, 200);
    auto bytes = fileOf(header, events, kSmallBlocks, true);
    const BlockEntry second = TraceReader::openBytes(bytes)->blocks()[1];
    bytes[second.offset + kBlockHeadBytes + 3] ^= std::byte{1};
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QCOMPARE(reader->end(), TraceEnd::Complete);
    const auto all = readAll(*reader);
    QVERIFY(!all);
    QVERIFY2(all.error().text.find(std::to_string(second.offset)) != std::string::npos, all.error().text.c_str());
    VERIFY_OK(reader->event(50));
    QVERIFY(!reader->event(51));
    VERIFY_OK(reader->event(101));
  }

  void filesThatAreNoTracesSayWhy_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("why");
    const auto good = fileOf(smallHeader(), {}, {}, true);
    const QByteArray trace(reinterpret_cast<const char*>(good.data()), static_cast<qsizetype>(good.size()));
    const auto changed = [&](qsizetype at, char value) {
      QByteArray bytes = trace;
      bytes[at] = value;
      return bytes;
    };
    QTest::newRow("empty") << QByteArray() << "empty";
    QTest::newRow("text") << QByteArray("title = \"no trace\"\nseed = 1\nduration = \"60s\"\n") << "not an Overcommit trace";
    QTest::newRow("short text") << QByteArray("OCT") << "not an Overcommit trace";
    QTest::newRow("cut in the prefix") << trace.left(12) << "within its first 24 bytes";
    QTest::newRow("newer format") << changed(8, 9) << "format version 9";
    QTest::newRow("version 0") << changed(8, 0) << "format version 0";
    QTest::newRow("huge header") << changed(15, 0x7f) << "more than a trace can have";
    QTest::newRow("cut in the header") << trace.left(60) << "within its header";
    QTest::newRow("damaged header") << changed(40, 0x7f) << "header is damaged";
  }
  void filesThatAreNoTracesSayWhy() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, why);
    const auto reader = TraceReader::openBytes(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
    QVERIFY(!reader);
    QVERIFY2(QString::fromStdString(reader.error().text).contains(why), reader.error().text.c_str());
  }

  void missingFileAndFolderAreErrors() {
    QTemporaryDir folder;
    const auto missing = TraceReader::open(folder.filePath("none.octrace").toStdString());
    QVERIFY(!missing);
    QVERIFY2(missing.error().text.find("none.octrace") != std::string::npos, missing.error().text.c_str());
    QVERIFY(!TraceReader::open(folder.path().toStdString()));
    QVERIFY(!TraceWriter::create(folder.filePath("no/such/folder.octrace").toStdString(), smallHeader()));
  }

  void growingFileIsFollowedToItsEnd() {
    QTemporaryDir folder;
    const auto path = folder.filePath("run.octrace").toStdString();
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 6, 400);
    auto writer = TraceWriter::create(path, header, kSmallBlocks);
    VERIFY_OK(writer);
    auto reader = TraceReader::open(path);
    VERIFY_OK(reader);
    TraceCursor cursor(*reader);
    Event event;
    std::uint64_t read = 0;
    EventStream stream = reader->events();
    WorldModel world(header);
    for (std::size_t i = 0; i < events.size(); ++i) {
      (*writer)->onEvent(events[i]);
      VERIFY_OK(world.apply(events[i]));
      if (i % 37 != 0) continue;
      (*writer)->flush();
      const auto found = reader->refresh();
      VERIFY_OK(found);
      QVERIFY(*found >= 1);
      QCOMPARE(reader->lastSequence(), i + 1);
      while (*stream.next(event)) QVERIFY(event == events[read++]);
      QCOMPARE(read, i + 1);
      VERIFY_OK(cursor.seekSequence(i + 1));
      QVERIFY(cursor.world() == world);
    }
    QCOMPARE(reader->end(), TraceEnd::Unfinished);
    (*writer)->finish(kDigest);
    VERIFY_OK(reader->refresh());
    QCOMPARE(reader->end(), TraceEnd::Complete);
    QVERIFY(reader->digest() == kDigest);
    while (*stream.next(event)) ++read;
    QCOMPARE(read, events.size());
    QVERIFY(!(*writer)->error());
    QCOMPARE((*writer)->bytesWritten(), reader->bytes());
  }

  void overwrittenFileIsNoticed() {
    QTemporaryDir folder;
    const auto path = folder.filePath("run.octrace").toStdString();
    const TraceHeader header = smallHeader();
    auto writer = TraceWriter::create(path, header, kSmallBlocks);
    VERIFY_OK(writer);
    for (const Event& event : legalEvents(header, 6, 100)) (*writer)->onEvent(event);
    auto reader = TraceReader::open(path);
    VERIFY_OK(reader);
    VERIFY_OK(TraceWriter::create(path, header));
    const auto refreshed = reader->refresh();
    QVERIFY(!refreshed);
    QVERIFY2(refreshed.error().text.find("shorter") != std::string::npos, refreshed.error().text.c_str());
  }

  void seekIsReplay() {
    const TraceHeader header = smallHeader(3, 64, 100);
    const auto events = legalEvents(header, 7, 1'200);
    std::vector<WorldModel> after{WorldModel(header)};
    for (const Event& event : events) {
      after.push_back(after.back());
      VERIFY_OK(after.back().apply(event));
    }
    const auto bytes = fileOf(header, events, kSmallBlocks, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    Random random(7, "seeks");
    for (const std::size_t undoEvents : {std::size_t{20}, std::size_t{1'000'000}}) {
      TraceCursor cursor(*reader, undoEvents);
      for (int i = 0; i < 300; ++i) {
        const std::uint64_t wanted = random.below(events.size() + 1);
        VERIFY_OK(cursor.seekSequence(wanted));
        QCOMPARE(cursor.sequence(), wanted);
        QVERIFY(cursor.world() == after[wanted]);
        const bool forward = random.below(2) == 0;
        for (std::uint64_t step = random.below(60); step > 0; --step) {
          const std::uint64_t here = cursor.sequence();
          const auto moved = forward ? cursor.stepForward() : cursor.stepBack();
          VERIFY_OK(moved);
          QCOMPARE(*moved, forward ? here < events.size() : here > 0);
          if (*moved && forward) QVERIFY(cursor.lastEvent() == events[here]);
          QVERIFY(cursor.world() == after[cursor.sequence()]);
        }
      }
    }
  }

  void playingBackwardsPassesEveryKeyframe() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 8, 700);
    const auto bytes = fileOf(header, events, kSmallBlocks, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    TraceCursor cursor(*reader, 30);
    VERIFY_OK(cursor.seekSequence(~std::uint64_t{0}));
    QCOMPARE(cursor.sequence(), std::uint64_t{700});
    for (std::uint64_t left = 700; left > 0; --left) {
      QVERIFY(*cursor.stepBack());
      QCOMPARE(cursor.sequence(), left - 1);
    }
    QVERIFY(!*cursor.stepBack());
    QVERIFY(cursor.world() == WorldModel(header));
  }

  void impossibleEventInAFileIsAnErrorOfTheCursorOnly() {
    const TraceHeader header = smallHeader();
    auto events = legalEvents(header, 9, 300);
    events[200].kind = EventKind::Deflate;
    events[200].vm = VmId(0);
    events[200].gfn = Gfn(999);
    events[200].mfn = Mfn();
    events[200].values = {};
    events[200].text.clear();
    const auto bytes = fileOf(header, events, kSmallBlocks, true);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QVERIFY(*readAll(*reader) == events);
    TraceCursor cursor(*reader);
    const auto there = cursor.seekSequence(300);
    QVERIFY(!there);
    QVERIFY2(there.error().text.find("event #201 (deflate") != std::string::npos, there.error().text.c_str());
    QCOMPARE(cursor.sequence(), std::uint64_t{200});
    VERIFY_OK(cursor.seekSequence(10));
  }

  void fullDiskIsRememberedAndTheRunGoesOn() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 10, 1'000);
    const std::size_t all = fileOf(header, events, kSmallBlocks, true).size();
    for (const std::size_t room : {std::size_t{0}, std::size_t{100}, all / 3, all / 2, all - 1}) {
      std::vector<std::byte> bytes;
      auto writer = TraceWriter::create(std::make_unique<FullOutput>(bytes, room), header, kSmallBlocks);
      if (room <= 100) {
        QVERIFY(!writer);
        continue;
      }
      VERIFY_OK(writer);
      for (const Event& event : events) (*writer)->onEvent(event);
      (*writer)->finish(kDigest);
      QVERIFY((*writer)->error().has_value());
      QVERIFY2((*writer)->error()->text.find("no space left") != std::string::npos, (*writer)->error()->text.c_str());
      const auto reader = TraceReader::openBytes(bytes);
      VERIFY_OK(reader);
      QCOMPARE(reader->end(), TraceEnd::Unfinished);
      QVERIFY(beginsWith(events, *readAll(*reader)));
    }
  }

  void fullDeviceIsAnError() {
    const auto writer = TraceWriter::create("/dev/full", smallHeader());
    QVERIFY(!writer);
    QVERIFY2(writer.error().text.find("/dev/full: no space left on device") != std::string::npos, writer.error().text.c_str());
  }

  void fileThatCannotGrowEndsWithAWholeBlock() {
    QTemporaryDir folder;
    const auto path = folder.filePath("run.octrace").toStdString();
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 10, 1'000);
    auto writer = TraceWriter::create(path, header, kSmallBlocks);
    VERIFY_OK(writer);
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit small = before;
    small.rlim_cur = 4'000;
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (const Event& event : events) (*writer)->onEvent(event);
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    QVERIFY((*writer)->error().has_value());
    const auto reader = TraceReader::open(path);
    VERIFY_OK(reader);
    QVERIFY(reader->lastSequence() > 0);
    QCOMPARE(reader->bytes(), std::uint64_t{std::filesystem::file_size(path)});
  }

  void digestIsTheSameWithAndWithoutATrace() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 12, 500);
    std::vector<std::byte> bytes;
    auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, kSmallBlocks);
    VERIFY_OK(writer);
    EventLog plain, traced;
    traced.addListener(**writer);
    for (const Event& event : events) {
      for (EventLog* log : {&plain, &traced}) log->setHostTime(event.hostTime);
      QCOMPARE(plain.record(event), event.sequence);
      QCOMPARE(traced.record(event), event.sequence);
      if (event.sequence % 100 == 0) (*writer)->flush();
    }
    QVERIFY(plain.digest() == traced.digest());
    (*writer)->finish(traced.digest());
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QVERIFY(reader->digest() == plain.digest());
    QVERIFY(*readAll(*reader) == events);
  }

  void liveTraceHasTheSameEventsAsOneInOnePiece() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 13, 400);
    std::vector<std::byte> bytes;
    auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, kSmallBlocks);
    VERIFY_OK(writer);
    for (const Event& event : events) {
      (*writer)->onEvent(event);
      (*writer)->flush();
    }
    (*writer)->finish(kDigest);
    QVERIFY(*readAll(*TraceReader::openBytes(bytes)) == events);
  }

  void writerThatIsNotFinishedLeavesAllItsEvents() {
    const TraceHeader header = smallHeader();
    const auto events = legalEvents(header, 14, 75);
    std::vector<std::byte> bytes;
    {
      auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header, kSmallBlocks);
      VERIFY_OK(writer);
      for (const Event& event : events) (*writer)->onEvent(event);
    }
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    QCOMPARE(reader->end(), TraceEnd::Unfinished);
    QVERIFY(*readAll(*reader) == events);
  }

  void headerThatNoReaderWouldTakeIsRefusedAtOnce() {
    TraceHeader header = smallHeader();
    header.hostMemory = Pages(kMaxWorldPages + 1);
    std::vector<std::byte> bytes;
    QVERIFY(!TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), header));
    QVERIFY(bytes.empty());
  }
};

}  // namespace overcommit::test

using overcommit::test::TraceFileTest;
OVERCOMMIT_TEST(TraceFileTest)
#include "trace_file_test.moc"

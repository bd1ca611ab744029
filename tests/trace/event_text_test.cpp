// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_text.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

#include "legal_events.h"
#include "support/test.h"
#include "trace/event_filter.h"
#include "trace/trace_info.h"
#include "trace/trace_writer.h"

namespace overcommit::test {
namespace {

Event swapOut() {
  Event event;
  event.sequence = 1234;
  event.hostTime = nanoseconds(12'345'678'901);
  event.vmTime = nanoseconds(12'346'000'000);
  event.kind = EventKind::SwapOut;
  event.vm = VmId(0);
  event.gfn = Gfn(0x1a2);
  event.mfn = Mfn(0x3f);
  event.cause = 1200;
  event.values = {17};
  return event;
}

Event console(std::string text) {
  Event event;
  event.sequence = 3;
  event.kind = EventKind::Console;
  event.vm = VmId(1);
  event.text = std::move(text);
  return event;
}

QString line(EventFormat format, const Event& event) { return QString::fromStdString(eventLine(format, event, smallHeader())); }

std::vector<std::byte> traceOf(const std::vector<Event>& events) {
  std::vector<std::byte> bytes;
  auto writer = TraceWriter::create(std::make_unique<MemoryTraceOutput>(bytes), smallHeader(), {50, 1u << 20, 200});
  for (const Event& event : events) (*writer)->onEvent(event);
  (*writer)->finish({1, 2});
  return bytes;
}

}  // namespace

class EventTextTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void textIsOneLine() {
    QCOMPARE(line(EventFormat::Text, swapOut()), "12.345678 s  #1234  vm1  swap-out  gfn 0x1a2 mfn 0x3f slot 17 was_zipped 0  <- #1200\n");
    QCOMPARE(line(EventFormat::Text, console("two\nlines")), "0.000000 s  #3  vm2  console  \"two\\x0alines\"\n");
  }

  void codesHaveNames() {
    Event event;
    event.sequence = 1;
    event.kind = EventKind::FreeStateChange;
    event.values = {2, 0, 300, 320};
    QCOMPARE(line(EventFormat::Text, event),
             "0.000000 s  #1  host  free-state  state soft old_state high free_pages 300 threshold_pages 320\n");
    event.values[0] = 999;
    QVERIFY(line(EventFormat::Text, event).contains("state unknown"));
  }

  void jsonIsJsonForEveryKind() {
    for (const Event& event : wildEvents(5, 400)) {
      const std::string text = eventLine(EventFormat::JsonLines, event, smallHeader());
      QVERIFY(text.ends_with("}\n") && text.find('\n') == text.size() - 1);
      QJsonParseError error{};
      const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(text), &error).object();
      QVERIFY2(error.error == QJsonParseError::NoError, text.c_str());
      QCOMPARE(object["kind"].toString().toStdString(), std::string(infoOf(event.kind).name));
      QCOMPARE(object.contains("gfn"), infoOf(event.kind).hasGfn);
    }
    const QString json = line(EventFormat::JsonLines, swapOut());
    QCOMPARE(
        json,
        R"({"sequence":1234,"time_ns":12345678901,"vm_time_ns":12346000000,"kind":"swap-out","vm":"vm1","gfn":418,"mfn":63,"slot":17,"was_zipped":0,"cause":1200})"
        "\n");
  }

  void whatIsNotUtf8IsReplaced() {
    QCOMPARE(jsonString("a\xff\xc3\xa4\""), std::string("\"a\\ufffd\xc3\xa4\\\"\""));
    QCOMPARE(jsonString("\xed\xa0\x80"), std::string("\"\\ufffd\\ufffd\\ufffd\""));  // a surrogate
    QCOMPARE(jsonString("\xe2\x82"), std::string("\"\\ufffd\\ufffd\""));             // cut off
    QCOMPARE(jsonString(std::string_view("\0\n", 2)), std::string("\"\\u0000\\u000a\""));
  }

  void csvHasTheSameColumnsForEveryKind() {
    QCOMPARE(line(EventFormat::Csv, swapOut()), "1234,12345678901,12346000000,vm1,swap-out,418,63,1200,17,0,,,\n");
    QCOMPARE(line(EventFormat::Csv, console("a \"b\", c")), "3,0,0,vm2,console,,,,,,,,\"a \"\"b\"\", c\"\n");
    const auto commas = std::count(eventLinesHead(EventFormat::Csv).begin(), eventLinesHead(EventFormat::Csv).end(), ',');
    for (Event event : wildEvents(6, 100)) {
      event.text.clear();
      QCOMPARE(line(EventFormat::Csv, event).count(','), commas);
    }
  }

  void filterWantsEverythingThatIsSet() {
    const auto events = legalEvents(smallHeader(), 21, 2'000);
    const auto bytes = traceOf(events);
    const auto reader = TraceReader::openBytes(bytes);
    VERIFY_OK(reader);
    const auto matched = [&](const EventFilter& filter) {
      std::vector<std::uint64_t> numbers;
      const auto count = forEachEvent(*reader, filter, [&](const Event& event) {
        numbers.push_back(event.sequence);
        return true;
      });
      invariant(count.has_value() && *count == numbers.size(), "the trace can be read");
      return numbers;
    };
    const auto wanted = [&](const std::function<bool(const Event&)>& test) {
      std::vector<std::uint64_t> numbers;
      for (const Event& event : events) {
        if (test(event)) numbers.push_back(event.sequence);
      }
      return numbers;
    };
    QCOMPARE(matched({}).size(), std::size_t{2'000});
    EventFilter swaps;
    swaps.want(EventKind::SwapOut);
    swaps.want(EventKind::SwapIn);
    QCOMPARE(matched(swaps), wanted([](const Event& e) { return e.kind == EventKind::SwapOut || e.kind == EventKind::SwapIn; }));
    QVERIFY(!matched(swaps).empty());
    const auto first = std::ranges::find_if(events, [](const Event& e) { return e.vm == VmId(1) && infoOf(e.kind).hasGfn; });
    QVERIFY(first != events.end());
    EventFilter page;
    page.vm = VmId(1);
    page.gfn = first->gfn;
    QCOMPARE(matched(page), wanted([&](const Event& e) { return e.vm == VmId(1) && infoOf(e.kind).hasGfn && e.gfn == first->gfn; }));
    QVERIFY(!matched(page).empty());
    EventFilter frame;
    frame.mfn = Mfn(9);
    const auto ofFrame = wanted([](const Event& e) {
      return (infoOf(e.kind).hasMfn && e.mfn == Mfn(9)) || (e.values[0] == 9 && (e.kind == EventKind::Share || e.kind == EventKind::Break ||
                                                                                 e.kind == EventKind::Zip || e.kind == EventKind::Unzip));
    });
    QCOMPARE(matched(frame), ofFrame);
    EventFilter time;
    time.fromTime = events[500].hostTime;
    time.toTime = events[900].hostTime;
    QCOMPARE(matched(time),
             wanted([&](const Event& e) { return e.hostTime >= events[500].hostTime && e.hostTime <= events[900].hostTime; }));
    EventFilter numbers;
    numbers.fromSequence = 100;
    numbers.toSequence = 110;
    QCOMPARE(matched(numbers).size(), std::size_t{11});
    numbers.limit = 4;
    QCOMPARE(matched(numbers), (std::vector<std::uint64_t>{100, 101, 102, 103}));
  }

  void unknownNamesGetAHint() {
    QCOMPARE(*eventKindNamed("swap-out"), EventKind::SwapOut);
    const auto kind = eventKindNamed("swapout");
    QVERIFY(!kind);
    QVERIFY2(kind.error().text.find("\"swap-out\"") != std::string::npos, kind.error().text.c_str());
    QCOMPARE(*vmNamed(smallHeader(), "vm2"), VmId(1));
    const auto vm = vmNamed(smallHeader(), "web1");
    QVERIFY(!vm);
    QVERIFY2(vm.error().text.find("vm1, vm2, vm3") != std::string::npos, vm.error().text.c_str());
  }

  void infoCountsTheFile() {
    const auto events = legalEvents(smallHeader(), 22, 500);
    const auto bytes = traceOf(events);
    const auto info = traceInfo(*TraceReader::openBytes(bytes));
    VERIFY_OK(info);
    QCOMPARE(info->events, std::uint64_t{500});
    QCOMPARE(info->eventBlocks, std::uint64_t{10});
    QCOMPARE(info->keyframes, std::uint64_t{2});
    QCOMPARE(info->fileBytes, std::uint64_t{bytes.size()});
    QVERIFY(info->bytesPerEvent() > 0.0 && info->bytesPerEvent() * 500.0 < static_cast<double>(bytes.size()));
    std::uint64_t sum = 0;
    for (const std::uint64_t count : info->eventsByKind) sum += count;
    QCOMPARE(sum, std::uint64_t{500});
    const QString text = QString::fromStdString(traceInfoText(*info));
    for (const char* part :
         {"A run made for a test", "vm3", "toucher.elf", "swap-out", "is complete", "00000000000000010000000000000002"}) {
      QVERIFY2(text.contains(part), part);
    }
  }
};

}  // namespace overcommit::test

using overcommit::test::EventTextTest;
OVERCOMMIT_TEST(EventTextTest)
#include "event_text_test.moc"

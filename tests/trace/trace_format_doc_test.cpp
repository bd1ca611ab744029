// SPDX-License-Identifier: GPL-2.0-or-later
// The page docs/reference/trace-format.md against the code: it is what other readers are written from.
#include <fmt/format.h>

#include <QFile>

#include "legal_events.h"
#include "support/test.h"
#include "trace/causes.h"
#include "trace/event_codec.h"
#include "trace/trace_block.h"

namespace overcommit::test {
namespace {

std::string page() {
  QFile file(OVERCOMMIT_SOURCE_DIR "/docs/reference/trace-format.md");
  return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

// The line of the kinds table as it should be.
std::string rowOf(const EventInfo& info) {
  std::string fields, values;
  const auto add = [](std::string& list, std::string_view item) { list += (list.empty() ? "" : ", ") + std::string(item); };
  if (info.hasVm) add(fields, "vm");
  if (info.hasGfn) add(fields, "gfn");
  if (info.hasMfn) add(fields, "mfn");
  if (info.hasText) add(fields, "text");
  for (const std::string_view value : info.values) {
    if (!value.empty()) add(values, fmt::format("`{}`", value));
  }
  return fmt::format("| {} | `{}` | {} | {} | {} | {} |\n", static_cast<unsigned>(info.kind), info.name, fields, values,
                     info.digest == DigestCoverage::Covered ? "yes" : "no", info.meaning);
}

}  // namespace

class TraceFormatDocTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyKindHasItsLine() {
    const std::string text = page();
    QVERIFY(!text.empty());
    for (const EventInfo& info : eventTable()) {
      const std::string row = rowOf(info);
      QVERIFY2(text.find(row) != std::string::npos, ("missing or different: " + row).c_str());
    }
  }

  void everyKindHasItsCauses() {
    const std::string text = page();
    for (const CausesOfKind& entry : causesTable()) {
      std::string causes;
      for (const EventKind cause : entry.causes) causes += fmt::format("{}`{}`", causes.empty() ? "" : ", ", infoOf(cause).name);
      const std::string row = fmt::format("| `{}` | {} | {} |\n", infoOf(entry.kind).name, causes, entry.begunBy);
      QVERIFY2(text.find(row) != std::string::npos, ("missing or different: " + row).c_str());
    }
  }

  void everyCodeIsNamed() {
    const std::string text = page();
    const auto named = [&text](unsigned first, auto last) {
      for (unsigned code = first; code <= static_cast<unsigned>(last); ++code) {
        const std::string entry = fmt::format("{} {}", code, nameOf(static_cast<decltype(last)>(code)));
        QVERIFY2(text.find(entry) != std::string::npos, entry.c_str());
      }
    };
    named(0, FreeState::Low);
    named(1, OverheadUse::Other);
    named(1, ReclaimReason::Target);
    named(1, BalanceReason::Period);
    named(1, RefusalReason::GateLocked);
    named(1, LargeBreakReason::Gone);
    named(0, GuestUse::Balloon);
    named(0, PagePlace::Swapped);
  }

  // The bytes that the page promises, written out by hand.
  // clang-format off
  void prefixHeaderAndHeadsAreWhatThePageSays() {
    const auto prefix = encodeTracePrefix({1, 0x0203, 0x0405});
    QCOMPARE(prefix.size(), kTracePrefixBytes);
    const auto bytes = [](std::span<const std::byte> from, std::size_t at, std::size_t size) {
      return QByteArray(reinterpret_cast<const char*>(from.data() + at), static_cast<qsizetype>(size)).toHex();
    };
    QCOMPARE(bytes(prefix, 0, 8), QByteArray("OCTRACE\n").toHex());
    QCOMPARE(bytes(prefix, 8, 16), QByteArray("01000000030200000504000000000000"));

    const std::vector<std::byte> payload(3, std::byte{7});
    const auto block = encodeBlock({BlockKind::Events, false, 0, 0, 5, 9, VirtualTime(16), VirtualTime(17), 0}, payload);
    QCOMPARE(block.size(), kBlockHeadBytes + 3);
    QCOMPARE(bytes(block, 0, 8), QByteArray("OBlk").toHex() + "03000000");
    QCOMPARE(bytes(block, 16, 40), QByteArray("0100" "0000" "03000000" "05000000" "00000000" "0900000000000000" "1000000000000000" "1100000000000000"));
    const std::span<const std::byte> whole(block);
    ByteReader in(whole.subspan(8));
    QCOMPARE(in.u64(), hash64(whole.subspan(16)));

    const auto trailer = encodeTrailer({1, 2, VirtualTime(3), {4, 5}});
    QCOMPARE(trailer.size(), kTrailerBytes);
    QCOMPARE(bytes(trailer, 0, 8), QByteArray("OCTREND\n").toHex());
    QCOMPARE(bytes(trailer, 16, 40), QByteArray("0100000000000000" "0200000000000000" "0300000000000000" "0400000000000000" "0500000000000000"));
  }

  void eventsAreEncodedAsThePageSays() {
    EventBlockEncoder encoder;
    Event event;
    event.sequence = 10;
    event.hostTime = VirtualTime(1'000);
    event.vmTime = VirtualTime(1'003);
    event.kind = EventKind::SwapOut;
    event.vm = VmId(2);
    event.gfn = Gfn(5);
    event.mfn = Mfn(6);
    event.cause = 8;
    event.values = {1, 1};
    encoder.add(event);
    event.sequence = 11;
    event.hostTime = VirtualTime(1'001);
    event.vmTime = VirtualTime(1'002);
    event.gfn = Gfn(4);
    event.mfn = Mfn(300);
    event.cause = 0;
    event.values = {2};
    encoder.add(event);
    const auto payload = encoder.finish();
    const QByteArray got = QByteArray(reinterpret_cast<const char*>(payload.data()), static_cast<qsizetype>(payload.size())).toHex();
    const QByteArray wanted =
        "09"                                       // columns
        "0002" "0101" "0201"                       // heads, VMs, host times
        "d00102" "d10102" "d20103" "d30102" "d40102" "d50102"  // 16 * 13 = 208 … 213: VM time, gfn, mfn, cause, values
        "4d8d" "03" "01"                           // 13 + 64, 13 + 128; VM 2; 1 ns later
        "0601" "0a01" "0ccc04" "0200" "0202" "0201";  // +3 -1; +5 -1; +6 +294; 2 back, none; +1 +1; +1 -1
    QCOMPARE(got, wanted);
  }
  // clang-format on
};

}  // namespace overcommit::test

using overcommit::test::TraceFormatDocTest;
OVERCOMMIT_TEST(TraceFormatDocTest)
#include "trace_format_doc_test.moc"

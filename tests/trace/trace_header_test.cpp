// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_header.h"

#include "legal_events.h"
#include "support/test.h"
#include "trace/byte_stream.h"

namespace overcommit::test {

class TraceHeaderTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyFieldComesBack() {
    TraceHeader header = smallHeader();
    header.frameScale = 64;
    header.timeScale = 60;
    header.scenario += std::string("# bytes of any kind: \0\xff\n", 24);
    header.inputs.push_back({"disk.img", "image", ~std::uint64_t{0}});
    const auto back = decodeTraceHeader(encodeTraceHeader(header));
    VERIFY_OK(back);
    QVERIFY(*back == header);
  }

  void unknownFieldIsSkipped() {
    const TraceHeader header = smallHeader();
    ByteWriter bytes;
    bytes.varint(99);
    bytes.text("of a later version");
    bytes.append(encodeTraceHeader(header));
    bytes.varint(1'000'000);
    bytes.text("");
    const auto back = decodeTraceHeader(bytes.bytes());
    VERIFY_OK(back);
    QVERIFY(*back == header);
  }

  void cutHeaderIsAnErrorOrAShorterOne() {
    const TraceHeader header = smallHeader();
    const auto bytes = encodeTraceHeader(header);
    int whole = 0;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto back = decodeTraceHeader(std::span(bytes).first(size));
      if (back) ++whole;
    }
    QCOMPARE(whole, 15);  // cut exactly between two of its 15 fields, or before the first
  }

  void changedBytesNeverCrash() {
    const auto bytes = encodeTraceHeader(smallHeader());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (unsigned value = 0; value < 256; value += 5) {
        auto changed = bytes;
        changed[at] = static_cast<std::byte>(value);
        const auto back = decodeTraceHeader(changed);
        QVERIFY(!back || back->hostMemory.value() <= kMaxWorldPages);
      }
    }
  }

  void worldsThatCannotBeAreRefused() {
    TraceHeader manyPages = smallHeader();
    manyPages.vms[1].memory = Pages(kMaxWorldPages);
    QVERIFY(!decodeTraceHeader(encodeTraceHeader(manyPages)));
    TraceHeader overflow = smallHeader();
    overflow.vms[1].memory = Pages(~std::uint64_t{0});
    QVERIFY(!decodeTraceHeader(encodeTraceHeader(overflow)));
    TraceHeader manyVms = smallHeader();
    manyVms.vms.resize(kMaxVms + 1);
    const auto back = decodeTraceHeader(encodeTraceHeader(manyVms));
    QVERIFY(!back);
    QVERIFY2(back.error().text.find("4097 VMs") != std::string::npos, back.error().text.c_str());
  }
};

}  // namespace overcommit::test

using overcommit::test::TraceHeaderTest;
OVERCOMMIT_TEST(TraceHeaderTest)
#include "trace_header_test.moc"

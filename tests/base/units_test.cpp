// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/units.h"

#include "support/test.h"

using namespace overcommit;

class UnitsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void sizesAreReadWithTheirUnit_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<quint64>("bytes");
    QTest::newRow("plain bytes") << "17 B" << quint64{17};
    QTest::newRow("no blank") << "64MiB" << quint64{64} * 1024 * 1024;
    QTest::newRow("blanks around") << "  8  GiB " << (quint64{8} << 30);
    QTest::newRow("pages") << "3 pages" << quint64{3} * 4096;
    QTest::newRow("a decimal that is whole") << "1.5 KiB" << quint64{1536};
    QTest::newRow("nothing") << "0 MiB" << quint64{0};
    QTest::newRow("large") << "7 TiB" << quint64{7} * 1024 * 1024 * 1024 * 1024;
  }
  void sizesAreReadWithTheirUnit() {
    QFETCH(QString, text);
    QFETCH(quint64, bytes);
    const auto size = parseBytes(text.toStdString());
    VERIFY_OK(size);
    QCOMPARE(size->value(), std::uint64_t{bytes});
  }

  void timesAreReadWithTheirUnit() {
    QCOMPARE(parseTime("30s").value(), seconds(30));
    QCOMPARE(parseTime("5 ms").value(), milliseconds(5));
    QCOMPARE(parseTime("0.25 us").value(), nanoseconds(250));
    QCOMPARE(parseTime("2 min").value(), seconds(120));
    QCOMPARE(parseTime("1.5h").value(), seconds(5400));
  }

  void whatIsNoSizeIsRefusedWithAReason_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("reason");
    QTest::newRow("empty") << ""
                           << "write a number and a unit";
    QTest::newRow("no unit") << "64"
                             << "has no unit";
    QTest::newRow("unknown unit") << "64 MB"
                                  << "unknown unit \"MB\"";
    QTest::newRow("negative") << "-1 MiB"
                              << "write a number and a unit";
    QTest::newRow("no whole number") << "0.3 B"
                                     << "no whole number";
    QTest::newRow("too large") << "9000000000 GiB"
                               << "too large";
    QTest::newRow("too many digits") << "99999999999999999999999 B"
                                     << "too large";
    QTest::newRow("point without digits") << "1. KiB"
                                          << "digits are missing";
    QTest::newRow("time") << "3 s"
                          << "unknown unit \"s\"";
  }
  void whatIsNoSizeIsRefusedWithAReason() {
    QFETCH(QString, text);
    QFETCH(QString, reason);
    const auto size = parseBytes(text.toStdString());
    QVERIFY(!size.has_value());
    QVERIFY2(size.error().text.find(reason.toStdString()) != std::string::npos, size.error().text.c_str());
  }

  void amountsAreWrittenInTheLargestFittingUnit() {
    QCOMPARE(formatBytes(Bytes(0)), std::string("0 B"));
    QCOMPARE(formatBytes(Bytes(1023)), std::string("1023 B"));
    QCOMPARE(formatBytes(Bytes(12'288)), std::string("12 KiB"));
    QCOMPARE(formatBytes(Bytes(1536ull << 20)), std::string("1.5 GiB"));
    QCOMPARE(formatTime(seconds(60)), std::string("60 s"));
    QCOMPARE(formatTime(microseconds(1500)), std::string("1.5 ms"));
    QCOMPARE(formatTime(nanoseconds(250)), std::string("250 ns"));
  }

  void timesCanBeWrittenExactly() {
    QCOMPARE(formatExactTime(milliseconds(1550)), std::string("1550 ms"));
    QCOMPARE(formatExactTime(seconds(60)), std::string("60 s"));
    QCOMPARE(formatExactTime(nanoseconds(1'000'001)), std::string("1000001 ns"));
    QCOMPARE(formatExactTime(VirtualTime()), std::string("0 s"));
  }

  void exactlyWrittenAmountsAreReadBack() {
    for (const std::uint64_t value : {1ull, 512ull, 1024ull, 4096ull, 3ull << 20, 5ull << 30, 2ull << 40}) {
      QCOMPARE(parseBytes(formatBytes(Bytes(value))).value().value(), value);
    }
  }

  void pagesRoundUp() {
    QCOMPARE(pagesOf(Bytes(0)), Pages(0));
    QCOMPARE(pagesOf(Bytes(1)), Pages(1));
    QCOMPARE(pagesOf(Bytes(4096)), Pages(1));
    QCOMPARE(pagesOf(Bytes(4097)), Pages(2));
    QCOMPARE(bytesOf(Pages(3)), Bytes(12288));
  }
};

OVERCOMMIT_TEST(UnitsTest)
#include "units_test.moc"

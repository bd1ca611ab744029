// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/published_overhead.h"

#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

std::uint64_t overhead(Vintage vintage, std::uint64_t mebibytes) { return publishedOverhead(vintage, Bytes(mebibytes * kMiB)).value(); }
std::uint64_t hundredths(std::uint64_t value) { return value * kMiB / 100; }

struct PublishedOverhead {
  Vintage vintage;
  std::uint64_t configured, overhead;  // MiB, hundredths of a MiB
};
constexpr PublishedOverhead kPublishedOverhead[] = {
    {Vintage::Esx2, 256, 5400},   {Vintage::Esx2, 512, 5400},    {Vintage::Esx2, 1024, 7000},   {Vintage::Esx2, 2048, 10200},
    {Vintage::Esx2, 3584, 15000},                                                                                               // A25 p425
    {Vintage::Esx4, 256, 11317},  {Vintage::Esx4, 512, 11668},   {Vintage::Esx4, 1024, 12373},  {Vintage::Esx4, 2048, 13781},   // RM40 p30
    {Vintage::Esx4, 4096, 16598}, {Vintage::Esx4, 8192, 22230},  {Vintage::Esx4, 16384, 33496},                                 // RM40 p30
    {Vintage::Esx5, 256, 2029},   {Vintage::Esx5, 1024, 2590},   {Vintage::Esx5, 4096, 4864},   {Vintage::Esx5, 16384, 13962},  // RM65
    {Vintage::Esx6, 1024, 2590},  {Vintage::Esx6, 16384, 13962},                                                                // RM67 p34
};

}  // namespace

class PublishedOverheadTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void tablesAreThePublishedOnes() {
    for (const PublishedOverhead& row : kPublishedOverhead) QCOMPARE(overhead(row.vintage, row.configured), hundredths(row.overhead));
  }

  void betweenTwoSizesItLiesOnALine() {
    QCOMPARE(overhead(Vintage::Esx5, 2560), hundredths((2590 + 4864) / 2));
    QCOMPARE(overhead(Vintage::Esx4, 384), (11317 + 11668) * kMiB / 200);
  }

  void smallestValueIsALowerBoundAndTheLastLineGoesOn() {
    QCOMPARE(overhead(Vintage::Esx5, 2), hundredths(2029));
    QCOMPARE(overhead(Vintage::Esx4, 16384 + 8192), hundredths(33496 + (33496 - 22230)));
    QVERIFY(overhead(Vintage::Esx6, 1 << 20) > overhead(Vintage::Esx6, 1 << 19));
  }

  void moreMemoryNeverMeansLessOverhead() {
    for (const Profile& profile : profiles()) {
      std::uint64_t before = 0;
      for (std::uint64_t size = 2; size < 70'000; size += 2) {
        const std::uint64_t now = overhead(profile.vintage, size);
        QVERIFY(now >= before);
        before = now;
      }
    }
  }
};

OVERCOMMIT_TEST(PublishedOverheadTest)
#include "published_overhead_test.moc"

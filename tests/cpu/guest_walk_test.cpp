// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/guest_walk.h"

#include <map>

#include "support/test.h"

using namespace overcommit;

namespace {

constexpr Bytes kWalkMemory{64u << 20};
constexpr std::uint64_t kWalkRoot = 0x1000, kWalkPointers = 0x2000, kWalkDirectory = 0x3000, kWalkTable = 0x4000;
constexpr std::uint64_t kNoExecute = std::uint64_t{1} << 63;

// Tables that map address 0x40'2000 and its neighbours; each test changes what it is about.
class Tables {
 public:
  Tables() {
    entries[kWalkRoot] = kWalkPointers | 3;
    entries[kWalkPointers] = kWalkDirectory | 3;
    entries[kWalkDirectory + 16] = kWalkTable | 3;
    entries[kWalkTable + 16] = 0x5000 | 3;
  }
  [[nodiscard]] GuestWalk walk(std::uint64_t address, std::uint64_t cr3 = kWalkRoot) const {
    return walkGuestTables(cr3, Gva(address), kWalkMemory, [this](Gpa at) -> std::optional<std::uint64_t> {
      if (unreadable == at.value() >> kPageShift) return std::nullopt;
      const auto found = entries.find(at.value());
      return found == entries.end() ? 0 : found->second;
    });
  }
  std::map<std::uint64_t, std::uint64_t> entries;
  std::optional<std::uint64_t> unreadable;
};
constexpr std::uint64_t kAddress = 0x40'2000;

}  // namespace

class GuestWalkTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void smallPageTakesFourSteps();
  void largePagesEndTheWalkEarly();
  void flagsInCr3AreNoPartOfTheAddress();
  void writableOnlyIfEveryLevelIs();
  void addressesInTheUpperHalfUseTheUpperEntries();
  void walkSaysHowItEnds_data();
  void walkSaysHowItEnds();
  void tableOfItselfIsWalkedOnlyFourTimes();
};

void GuestWalkTest::smallPageTakesFourSteps() {
  const Tables tables;
  const GuestWalk walk = tables.walk(kAddress + 0x123);
  QCOMPARE(walk.end, GuestWalkEnd::Mapped);
  QCOMPARE(walk.address, Gpa(0x5123));
  QCOMPARE(walk.pageBytes, std::uint64_t{4096});
  QCOMPARE(walk.stepCount, 4);
  const std::array<std::uint64_t, 4> at{kWalkRoot, kWalkPointers, kWalkDirectory + 16, kWalkTable + 16};
  for (int i = 0; i < 4; ++i) {
    const GuestWalkStep& step = walk.steps[static_cast<std::size_t>(i)];
    QCOMPARE(step.level, 4 - i);
    QCOMPARE(step.entryAt, Gpa(at[static_cast<std::size_t>(i)]));
    QCOMPARE(step.entry, tables.entries.at(step.entryAt.value()));
  }
}

void GuestWalkTest::largePagesEndTheWalkEarly() {
  Tables tables;
  tables.entries[kWalkDirectory + 16] = 0x60'0000 | kPteLarge | 3;
  GuestWalk walk = tables.walk(kAddress + 0x123);
  QCOMPARE(walk.end, GuestWalkEnd::Mapped);
  QCOMPARE(walk.address, Gpa(0x60'2123));
  QCOMPARE(walk.pageBytes, std::uint64_t{2} << 20);
  QCOMPARE(walk.stepCount, 3);

  tables.entries[kWalkPointers] = kPteLarge | 3;
  walk = tables.walk(kAddress + 0x123);
  QCOMPARE(walk.address, Gpa(kAddress + 0x123));
  QCOMPARE(walk.pageBytes, std::uint64_t{1} << 30);
  QCOMPARE(walk.stepCount, 2);
}

void GuestWalkTest::flagsInCr3AreNoPartOfTheAddress() { QCOMPARE(Tables().walk(kAddress, kWalkRoot | 0x18).end, GuestWalkEnd::Mapped); }

void GuestWalkTest::writableOnlyIfEveryLevelIs() {
  QVERIFY(Tables().walk(kAddress).writable);
  for (const std::uint64_t entry : {kWalkRoot, kWalkPointers, kWalkDirectory + 16, kWalkTable + 16}) {
    Tables tables;
    tables.entries[entry] &= ~kPteWritable;
    QVERIFY(!tables.walk(kAddress).writable);
  }
}

void GuestWalkTest::addressesInTheUpperHalfUseTheUpperEntries() {
  Tables tables;
  tables.entries[kWalkRoot + 0xff8] = kWalkPointers | 3;
  QCOMPARE(tables.walk(0xffff'ff80'0000'0000 + kAddress).address, Gpa(0x5000));
}

void GuestWalkTest::walkSaysHowItEnds_data() {
  QTest::addColumn<qulonglong>("address");
  QTest::addColumn<qulonglong>("at");
  QTest::addColumn<qulonglong>("entry");
  QTest::addColumn<int>("end");
  QTest::addColumn<int>("steps");
  const auto row = [](const char* name, std::uint64_t address, std::uint64_t at, std::uint64_t entry, GuestWalkEnd end, int steps) {
    QTest::newRow(name) << qulonglong{address} << qulonglong{at} << qulonglong{entry} << static_cast<int>(end) << steps;
  };
  row("level 4 absent", kAddress, kWalkRoot, 0, GuestWalkEnd::NotPresent, 1);
  row("level 3 absent", kAddress, kWalkPointers, kWalkDirectory, GuestWalkEnd::NotPresent, 2);
  row("level 2 absent", kAddress, kWalkDirectory + 16, 2, GuestWalkEnd::NotPresent, 3);
  row("page absent", kAddress, kWalkTable + 16, 0x5000, GuestWalkEnd::NotPresent, 4);
  row("absent entries may hold anything", kAddress, kWalkTable + 16, 0xffff'ffff'ffff'fffe, GuestWalkEnd::NotPresent, 4);
  row("table outside memory", kAddress, kWalkDirectory + 16, kWalkMemory.value() | 3, GuestWalkEnd::OutsideMemory, 4);
  row("page outside memory", kAddress, kWalkTable + 16, kWalkMemory.value() | 3, GuestWalkEnd::OutsideMemory, 4);
  row("page at the end of memory", kAddress, kWalkTable + 16, (kWalkMemory.value() - 4096) | 3, GuestWalkEnd::Mapped, 4);
  row("address just beyond the lower half", 0x8000'0000'0000, kWalkRoot, 3, GuestWalkEnd::NotCanonical, 0);
  row("address just below the upper half", 0xffff'7fff'ffff'ffff, kWalkRoot, 3, GuestWalkEnd::NotCanonical, 0);
  row("no execute", kAddress, kWalkTable + 16, kNoExecute | 0x5000 | 3, GuestWalkEnd::ReservedBit, 4);
  row("large bit at level 4", kAddress, kWalkRoot, kWalkPointers | kPteLarge | 3, GuestWalkEnd::ReservedBit, 1);
  row("large page not aligned", kAddress, kWalkDirectory + 16, 0x60'2000 | kPteLarge | 3, GuestWalkEnd::ReservedBit, 3);
}

void GuestWalkTest::walkSaysHowItEnds() {
  QFETCH(qulonglong, address);
  QFETCH(qulonglong, at);
  QFETCH(qulonglong, entry);
  QFETCH(int, end);
  QFETCH(int, steps);
  Tables tables;
  tables.entries[at] = entry;
  const GuestWalk walk = tables.walk(address);
  QCOMPARE(static_cast<int>(walk.end), end);
  QCOMPARE(walk.stepCount, steps);
  QVERIFY(!nameOf(walk.end).empty());
}

void GuestWalkTest::tableOfItselfIsWalkedOnlyFourTimes() {
  Tables tables;
  tables.entries[kWalkRoot] = kWalkRoot | 3;
  const GuestWalk walk = tables.walk(0);
  QCOMPARE(walk.end, GuestWalkEnd::Mapped);
  QCOMPARE(walk.address, Gpa(kWalkRoot));
  QCOMPARE(walk.stepCount, 4);
}

OVERCOMMIT_TEST(GuestWalkTest)
#include "guest_walk_test.moc"

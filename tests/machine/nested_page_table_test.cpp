// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nested_page_table.h"

#include <set>

#include "base/random.h"
#include "machine/dies.h"
#include "support/test.h"

using namespace overcommit;

namespace {

struct TableFixture {
  std::unique_ptr<MachineMemory> machine;
  std::unique_ptr<NestedPageTable> table;

  explicit TableFixture(std::uint64_t pages) {
    const Pages needed = NestedPageTable::tablesFor(Pages(pages));
    machine = *MachineMemory::create(needed + Pages(64), FreedFrames::FillWithJunk);
    // Tables out of order: nothing may depend on where they lie.
    std::vector<Mfn> tables;
    for (std::uint64_t i = 0; i < needed.value(); ++i) tables.push_back(*machine->takeOverhead(VmId(0)));
    std::reverse(tables.begin(), tables.end());
    table = std::make_unique<NestedPageTable>(*machine, Pages(pages), tables);
  }
};

}  // namespace

class NestedPageTableTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void numberOfTablesFollowsTheRadixTree() {
    QCOMPARE(NestedPageTable::tablesFor(Pages(1)).value(), 4u);
    QCOMPARE(NestedPageTable::tablesFor(Pages(512)).value(), 4u);
    QCOMPARE(NestedPageTable::tablesFor(Pages(513)).value(), 5u);
    QCOMPARE(NestedPageTable::tablesFor(Pages(16384)).value(), 3u + 32u);                     // 64 MiB
    QCOMPARE(NestedPageTable::tablesFor(Pages(512 * 512 + 1)).value(), 1u + 1u + 2u + 513u);  // just over 1 GiB
  }

  void tablesLieInMachineFramesAndCountAsOverhead() {
    const TableFixture f(16384);
    QCOMPARE(f.machine->count(FrameUse::Overhead), NestedPageTable::tablesFor(Pages(16384)));
    for (const Mfn mfn : f.table->tables()) {
      QCOMPARE(f.machine->frame(mfn).use, FrameUse::Overhead);
      QCOMPARE(f.machine->frame(mfn).vm, VmId(0));
    }
  }

  void everyPageIsUntouchedAtFirst() {
    const TableFixture f(1000);
    for (std::uint64_t g = 0; g < 1000; ++g) QCOMPARE(f.table->lookup(Gfn(g)).place(), PagePlace::Untouched);
  }

  void entryIsWrittenWhereTheHardwareWouldReadIt() {
    const TableFixture f(16384);
    const Gfn gfn(5 * 512 + 77);
    f.table->update(gfn, NptEntry::swapped(1234));
    const auto steps = f.table->walk(gfn);
    std::uint64_t raw = 0;
    std::memcpy(&raw, f.machine->bytes(steps[3].table).data() + 77 * 8, 8);
    QCOMPARE(raw, NptEntry::swapped(1234).raw());
  }

  void walkGoesFromTheRootThroughTheIndicesOfThePicture() {
    const TableFixture f(512 * 512 + 700);
    const std::uint64_t gfn = 512 * 512 + 513;
    const auto steps = f.table->walk(Gfn(gfn));
    QCOMPARE(steps[0].table, f.table->root());
    for (std::size_t i = 0; i < 4; ++i) {
      QCOMPARE(steps[i].level, 4 - static_cast<int>(i));
      QCOMPARE(steps[i].index, static_cast<unsigned>(gfn >> (27 - 9 * i) & 511));
      if (i < 3) QCOMPARE(steps[i].entry.mfn(), steps[i + 1].table);
    }
  }

  void lookupFindsWhatTheWalkFinds() {
    const TableFixture f(512 * 512 + 5000);
    Random random(1, "npt");
    for (int i = 0; i < 20'000; ++i) {
      const Gfn gfn(random.below(f.table->memory().value()));
      switch (random.below(5)) {
        case 0: f.table->update(gfn, NptEntry::privatePage(Mfn(random.below(1 << 20)))); break;
        case 1: f.table->update(gfn, NptEntry::sharedPage(Mfn(random.below(1 << 20))).withAccessed()); break;
        case 2: f.table->update(gfn, NptEntry::zipped(random.below(1 << 20))); break;
        case 3: f.table->update(gfn, NptEntry::ballooned()); break;
        default: break;
      }
      QCOMPARE(f.table->walk(gfn)[3].entry, f.table->lookup(gfn));
    }
    std::set<Mfn> leaves;
    for (std::uint64_t g = 0; g < f.table->memory().value(); ++g) {
      const auto steps = f.table->walk(Gfn(g));
      QVERIFY(steps[3].entry == f.table->lookup(Gfn(g)));
      leaves.insert(steps[3].table);
    }
    QCOMPARE(leaves.size(), std::size_t{512 + 10});
  }

  void pageBeyondTheMemoryBreaksAnInvariant() {
    QCOMPARE(test::exitOf([] {
               const TableFixture f(100);
               static_cast<void>(f.table->lookup(Gfn(100)));
             }),
             kExitInvariantBroken);
  }
};

OVERCOMMIT_TEST(NestedPageTableTest)
#include "nested_page_table_test.moc"

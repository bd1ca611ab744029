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
    std::memcpy(&raw, f.machine->bytes(steps[3].table).data() + std::ptrdiff_t{77} * 8, 8);
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
      QCOMPARE(f.table->walk(gfn).back().entry, f.table->lookup(gfn));
    }
    std::set<Mfn> leaves;
    for (std::uint64_t g = 0; g < f.table->memory().value(); ++g) {
      const auto steps = f.table->walk(Gfn(g));
      QVERIFY(steps[3].entry == f.table->lookup(Gfn(g)));
      leaves.insert(steps[3].table);
    }
    QCOMPARE(leaves.size(), std::size_t{512 + 10});
  }

  void largePageIsOneEntryOfLevel2() {
    const TableFixture f(4096);
    f.table->mapLarge(Gfn(1024), Mfn(512));
    const auto steps = f.table->walk(Gfn(1024 + 77));
    QCOMPARE(steps.size(), std::size_t{3});
    QVERIFY(steps[2].level == 2 && steps[2].entry.large() && steps[2].entry.present() && !steps[2].entry.accessed());
    QCOMPARE(steps[2].entry.mfn(), Mfn(512));
    QCOMPARE(f.table->walk(Gfn(1023)).size(), std::size_t{4});
    QCOMPARE(f.table->walk(Gfn(1536)).size(), std::size_t{4});
    for (std::uint64_t i = 0; i < 512; ++i) {
      const NptEntry entry = f.table->lookup(Gfn(1024 + i));
      QVERIFY(entry.place() == PagePlace::Private && entry.writable() && entry.large());
      QCOMPARE(entry.mfn(), Mfn(512 + i));
    }
    QVERIFY(!f.table->auditLarge(Gfn(1024)));
  }

  void accessToOnePageSetsTheBitsOfTheLargeEntry() {
    const TableFixture f(1024);
    f.table->mapLarge(Gfn(0), Mfn(512));
    f.table->update(Gfn(3), f.table->lookup(Gfn(3)).withAccessed());
    QVERIFY(f.table->walk(Gfn(9)).back().entry.accessed() && !f.table->walk(Gfn(9)).back().entry.dirty());
    QVERIFY(!f.table->lookup(Gfn(9)).accessed());
    f.table->update(Gfn(4), f.table->lookup(Gfn(4)).withDirty());
    QVERIFY(f.table->walk(Gfn(9)).back().entry.dirty());
    QVERIFY(!f.table->auditLarge(Gfn(0)));
  }

  void brokenLargePageLeavesEachPageAsItWas() {
    const TableFixture f(1024);
    f.table->mapLarge(Gfn(512), Mfn(1024));
    f.table->update(Gfn(515), f.table->lookup(Gfn(515)).withDirty());
    f.table->breakLarge(Gfn(512));
    for (std::uint64_t i = 0; i < 512; ++i) {
      const auto steps = f.table->walk(Gfn(512 + i));
      QCOMPARE(steps.size(), std::size_t{4});
      QCOMPARE(steps[3].entry, i == 3 ? NptEntry::privatePage(Mfn(1024 + i)).withDirty() : NptEntry::privatePage(Mfn(1024 + i)));
    }
    f.table->update(Gfn(515), NptEntry::swapped(1));
    QCOMPARE(f.table->lookup(Gfn(515)), NptEntry::swapped(1));
    QVERIFY(!f.table->auditLarge(Gfn(512)));
  }

  void pageOfALargePageCannotBeChangedAlone() {
    QCOMPARE(test::exitOf([] {
               const TableFixture f(512);
               f.table->mapLarge(Gfn(0), Mfn(512));
               f.table->update(Gfn(5), NptEntry::swapped(1));
             }),
             kExitInvariantBroken);
  }

  void largePageThatIsNotAlignedOrEndsOutsideBreaksAnInvariant() {
    for (const auto& [gfn, mfn] : {std::pair{1u, 512u}, std::pair{0u, 8u}, std::pair{512u, 512u}}) {
      QCOMPARE(test::exitOf([first = Gfn(gfn), frame = Mfn(mfn)] {
                 const TableFixture f(600);
                 f.table->mapLarge(first, frame);
               }),
               kExitInvariantBroken);
    }
  }

  void randomLargePagesAgreeWithAModel() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const TableFixture f(8 * 512 + 100);
      Random random(seed, "large npt");
      std::vector<NptEntry> model(f.table->memory().value());
      for (int i = 0; i < 400; ++i) {
        const Gfn gfn(random.below(model.size()));
        const Gfn first = largePageOf(gfn);
        const bool whole = first.value() + 512 <= model.size();
        const auto begin = model.begin() + static_cast<std::ptrdiff_t>(first.value());
        NptEntry& entry = model[gfn.value()];
        switch (random.below(6)) {
          case 0:
            if (!whole || !std::all_of(begin, begin + 512, [](NptEntry e) { return !e.present(); })) break;
            f.table->mapLarge(first, Mfn(512 * (1 + random.below(100))));
            for (std::uint64_t n = 0; n < 512; ++n) model[first.value() + n] = f.table->lookup(first.next(n));
            QVERIFY(entry.large() && entry.mfn().value() % 512 == gfn.value() % 512);
            break;
          case 1:
            if (!entry.large()) break;
            f.table->breakLarge(first);
            for (std::uint64_t n = 0; n < 512; ++n) model[first.value() + n] = model[first.value() + n].withoutLarge();
            break;
          case 2:
          case 3:
            if (!entry.present()) break;
            entry = random.below(2) == 0 ? entry.withDirty() : random.below(2) == 0 ? entry.withAccessed() : entry.withoutAccessed();
            f.table->update(gfn, entry);
            break;
          case 4:  // clears a region now and then, so that it can be large again
            if (entry.large()) break;
            for (std::uint64_t n = 0; n < 512 && first.value() + n < model.size(); ++n) {
              model[first.value() + n] = NptEntry::swapped(n);
              f.table->update(first.next(n), NptEntry::swapped(n));
            }
            break;
          default:
            if (entry.large()) break;
            entry = NptEntry::privatePage(Mfn(random.below(1 << 20)));
            f.table->update(gfn, entry);
            break;
        }
        const auto wrong = f.table->auditLarge(first);
        QVERIFY2(!wrong, wrong ? wrong->c_str() : "");
        for (std::uint64_t g = 0; g < model.size(); g += 1 + random.below(60)) QVERIFY(f.table->lookup(Gfn(g)) == model[g]);
      }
    }
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

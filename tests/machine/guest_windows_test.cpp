// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_windows.h"

#include <fstream>
#include <vector>

#include "base/random.h"
#include "machine/touch.h"
#include "support/test.h"

using namespace overcommit;
using test::mappingsIn;
using test::readAt;
using test::writeAt;

namespace {

struct Fixture {
  MappingBudget budget;
  std::unique_ptr<MachineMemory> machine = *MachineMemory::create(Pages(8192), FreedFrames::PunchOut);
  std::unique_ptr<GuestWindows> windows;

  explicit Fixture(std::uint64_t limit = 60'000, std::uint64_t ram = 1024, std::uint64_t dynamic = 2048) : budget(limit) {
    windows = *GuestWindows::create(*machine, budget, Pages(ram), Pages(dynamic));
  }
  [[nodiscard]] std::byte* ram(std::uint64_t page) const { return windows->ramBase() + page * kPageSize; }
  [[nodiscard]] std::byte* dynamic(std::uint64_t page) const { return windows->dynamicBase() + page * kPageSize; }
  [[nodiscard]] std::size_t kernelMappings() const {
    return mappingsIn(windows->ramBase(), windows->ramPages().value() * kPageSize) +
           mappingsIn(windows->dynamicBase(), windows->dynamicPages().value() * kPageSize);
  }
};

}  // namespace

class GuestWindowsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void newWindowsShowNothing() {
    const Fixture f;
    QCOMPARE(f.windows->ramPages().value(), 1024u);
    QCOMPARE(f.windows->dynamicPages().value(), 2048u);
    for (std::uint64_t g = 0; g < 1024; ++g) QVERIFY(!f.windows->ramMapping(Gfn(g)));
    QCOMPARE(f.windows->mappings(), 2u);
    QCOMPARE(f.budget.used(), 2u);
  }

  void filledPageShowsItsFrame() {
    const Fixture f;
    f.machine->bytes(Mfn(70))[9] = std::byte{42};
    f.windows->fillRam(Gfn(5), Mfn(70), Protection::ReadWrite);
    QCOMPARE(readAt(f.ram(5) + 9), std::byte{42});
    writeAt(f.ram(5) + 10, std::byte{43});
    QCOMPARE(f.machine->bytes(Mfn(70))[10], std::byte{43});
    const auto mapping = f.windows->ramMapping(Gfn(5));
    QVERIFY(mapping && mapping->mfn == Mfn(70) && mapping->protection == Protection::ReadWrite);
  }

  void pagesAroundAFilledOneStayClosed() {
    const Fixture f;
    f.windows->fillRam(Gfn(70), Mfn(134), Protection::ReadWrite);
    for (const std::uint64_t g : {64u, 69u, 71u, 127u}) QVERIFY(!f.windows->ramMapping(Gfn(g)));
  }

  void consecutiveFramesMergeInAnyOrder() {
    const Fixture f;
    std::vector<std::uint64_t> order;
    for (std::uint64_t i = 0; i < 256; ++i) order.push_back(i * 37 % 256);
    for (const std::uint64_t g : order) f.windows->fillRam(Gfn(256 + g), Mfn(512 + g), Protection::ReadWrite);
    QCOMPARE(f.windows->mappings(), 3u + 1u);  // nothing, 256 pages, nothing; and the dynamic window
    QCOMPARE(f.kernelMappings(), std::size_t{4});
  }

  void mappingsAreCountedAsTheKernelCountsThem() {
    const int seeds = qEnvironmentVariableIsSet("OVERCOMMIT_FULL") ? 200 : 20;
    for (int seed = 0; seed < seeds; ++seed) {
      Random random(static_cast<std::uint64_t>(seed), "windows");
      const Fixture f;
      for (int step = 0; step < 600; ++step) {
        const Gfn gfn(random.below(1024));
        // Frames mostly in step with pages, as the allocator hands them out, but not always.
        const Mfn mfn(random.below(4) == 0 ? random.below(8192) : gfn.value() + 1024);
        const Protection protection = random.below(3) == 0 ? Protection::ReadOnly : Protection::ReadWrite;
        switch (random.below(8)) {
          case 0: f.windows->revoke(gfn); break;
          case 1: f.windows->restrictToReadOnly(gfn); break;
          case 2: f.windows->dropDynamic(random.below(2048)); break;
          case 3:
          case 4: f.windows->fillDynamic(random.below(2) == 0 ? gfn.value() + 100 : random.below(2048), gfn, mfn, protection); break;
          default: f.windows->fillRam(gfn, mfn, protection); break;
        }
        if (random.below(200) == 0) f.windows->dropAllDynamic();
        if (random.below(400) == 0) f.windows->flush();
        if (step % 60 == 59) QCOMPARE(f.windows->mappings(), f.kernelMappings());
      }
      QCOMPARE(f.windows->mappings(), f.kernelMappings());
      QCOMPARE(f.budget.used(), f.windows->mappings());
      const auto wrong = f.windows->audit();
      QVERIFY2(!wrong, wrong ? wrong->c_str() : "");
    }
  }

  void revokeAndRestrictActOnEveryAlias() {
    const Fixture f;
    f.windows->fillRam(Gfn(3), Mfn(10), Protection::ReadWrite);
    for (const std::uint64_t d : {7u, 900u, 8u}) f.windows->fillDynamic(d, Gfn(3), Mfn(10), Protection::ReadWrite);
    f.windows->fillDynamic(9, Gfn(4), Mfn(11), Protection::ReadWrite);
    QVERIFY((f.windows->aliases(Gfn(3)) == std::vector<std::uint64_t>{7, 8, 900}));
    f.windows->restrictToReadOnly(Gfn(3));
    for (const std::uint64_t d : {7u, 8u, 900u}) QVERIFY(f.windows->dynamicMapping(d)->protection == Protection::ReadOnly);
    QVERIFY(f.windows->ramMapping(Gfn(3))->protection == Protection::ReadOnly);
    f.windows->revoke(Gfn(3));
    for (const std::uint64_t d : {7u, 8u, 900u}) QVERIFY(!f.windows->dynamicMapping(d));
    QVERIFY(!f.windows->ramMapping(Gfn(3)));
    QVERIFY(f.windows->aliases(Gfn(3)).empty());
    QVERIFY(f.windows->dynamicMapping(9)->protection == Protection::ReadWrite);
  }

  void dynamicPageThatMovesToAnotherFrameLeavesTheOldList() {
    const Fixture f;
    f.windows->fillDynamic(7, Gfn(3), Mfn(10), Protection::ReadWrite);
    f.windows->fillDynamic(7, Gfn(4), Mfn(11), Protection::ReadWrite);
    f.windows->revoke(Gfn(3));
    QVERIFY(f.windows->dynamicMapping(7));
    f.windows->dropDynamic(7);
    QVERIFY(!f.windows->dynamicMapping(7));
    QVERIFY(f.windows->aliases(Gfn(4)).empty());
  }

  void revokedPageFilledWithAnotherFrameShowsThat() {
    const Fixture f;
    f.machine->bytes(Mfn(70))[0] = std::byte{1};
    f.machine->bytes(Mfn(71))[0] = std::byte{2};
    f.windows->fillRam(Gfn(5), Mfn(70), Protection::ReadOnly);
    f.windows->revoke(Gfn(5));
    f.windows->fillRam(Gfn(5), Mfn(71), Protection::ReadOnly);
    QCOMPARE(readAt(f.ram(5)), std::byte{2});
    f.windows->fillRam(Gfn(5), Mfn(70), Protection::ReadOnly);
    QCOMPARE(readAt(f.ram(5)), std::byte{1});
  }

  void budgetNearlySpentFlushesLikeAFullTlb() {
    const Fixture f(40);
    Random random(3, "budget");
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t page = random.below(1024);
      const Mfn mfn(page * 7 % 8192);  // no two merge
      if (i % 3 == 0) {
        f.windows->fillDynamic(page, Gfn(page), mfn, Protection::ReadWrite);
        writeAt(f.dynamic(page), std::byte{1});
      } else {
        f.windows->fillRam(Gfn(page), mfn, Protection::ReadWrite);
        writeAt(f.ram(page), std::byte{1});
      }
      QVERIFY(f.budget.used() <= 40);
      QCOMPARE(f.budget.used(), f.windows->mappings());
    }
    QVERIFY(f.windows->flushes() > 0);
    QCOMPARE(f.kernelMappings(), f.windows->mappings());
    QVERIFY(!f.windows->audit());
  }

  void downgradesAloneNeverExceedTheBudget() {
    const Fixture f(40);
    for (std::uint64_t g = 0; g < 1024; ++g) f.windows->fillRam(Gfn(g), Mfn(g), Protection::ReadWrite);  // one mapping
    QCOMPARE(f.windows->flushes(), 0u);
    for (std::uint64_t g = 0; g < 1024; g += 2) {
      f.windows->revoke(Gfn(g));  // each splits one
      QVERIFY(f.budget.used() <= 40);
      QVERIFY(!f.windows->ramMapping(Gfn(g)));
    }
    QVERIFY(f.windows->flushes() > 0);
  }

  void budgetIsSharedByAllWindows() {
    Fixture f(60);
    auto other = *GuestWindows::create(*f.machine, f.budget, Pages(64), Pages(64));
    for (std::uint64_t g = 0; g < 20; ++g) f.windows->fillRam(Gfn(g * 2), Mfn(g * 100), Protection::ReadWrite);
    for (std::uint64_t g = 0; g < 20; ++g) other->fillRam(Gfn(g * 2), Mfn(g * 100 + 1), Protection::ReadWrite);
    QVERIFY(f.windows->flushes() + other->flushes() > 0);
    QVERIFY(f.budget.used() <= 60);
    QCOMPARE(f.budget.used(), f.windows->mappings() + other->mappings());
    other.reset();
    QCOMPARE(f.budget.used(), f.windows->mappings());
  }

  void windowsThatHoldTheBudgetMakeRoomForTheOneThatFaults() {
    Fixture f(100);
    auto other = *GuestWindows::create(*f.machine, f.budget, Pages(64), Pages(64));
    while (!f.budget.nearlySpent()) {
      const auto used = f.windows->mappings();
      f.windows->fillRam(Gfn(used * 3 % 1024), Mfn(used * 50), Protection::ReadWrite);
    }
    other->fillRam(Gfn(0), Mfn(8000), Protection::ReadWrite);
    QVERIFY(other->ramMapping(Gfn(0)));
    QCOMPARE(f.windows->mappings(), 2u);
  }

  // The budget may believe in more mappings than the kernel grants.
  void kernelThatRefusesAMappingFlushesToo() {
#if defined(__SANITIZE_THREAD__)
    QSKIP("the thread sanitizer needs mappings of its own when none are left");
#endif
    std::ifstream file("/proc/sys/vm/max_map_count");
    std::uint64_t limit = 0;
    file >> limit;
    if (limit > 100'000) QSKIP("the kernel's limit is too high to be reached here");
    const Fixture f(1'000'000, 80'000, 64);
    for (std::uint64_t page = 0; page < 80'000; ++page) {
      f.windows->fillRam(Gfn(page), Mfn(page * 2 % 8192), Protection::ReadWrite);  // no two merge
    }
    const auto flushes = f.windows->flushes();
    QVERIFY(flushes > 0);
    QVERIFY(f.windows->mappings() < limit);
    QVERIFY(f.windows->ramMapping(Gfn(79'999)));
    writeAt(f.ram(79'999), std::byte{1});

    f.windows->flush();
    for (std::uint64_t page = 0; page < 80'000; ++page) f.windows->fillRam(Gfn(page), Mfn(page % 8192), Protection::ReadWrite);
    for (std::uint64_t page = 0; page < 80'000; page += 2) f.windows->revoke(Gfn(page));  // each splits a mapping
    QVERIFY(f.windows->flushes() > flushes);
    QVERIFY(!f.windows->ramMapping(Gfn(79'998)));
    QCOMPARE(f.budget.used(), f.windows->mappings());
  }

  void flushShowsNothing() {
    const Fixture f;
    for (std::uint64_t g = 0; g < 500; ++g) f.windows->fillRam(Gfn(g), Mfn(g * 3), Protection::ReadWrite);
    f.windows->fillDynamic(7, Gfn(3), Mfn(9), Protection::ReadWrite);
    f.windows->flush();
    for (std::uint64_t g = 0; g < 500; ++g) QVERIFY(!f.windows->ramMapping(Gfn(g)));
    QVERIFY(!f.windows->dynamicMapping(7));
    QCOMPARE(f.kernelMappings(), std::size_t{2});
    QCOMPARE(f.windows->flushes(), 0u);  // not for want of mappings
  }

  void systemLimitLeavesRoomForTheRestOfTheProcess() {
    std::ifstream file("/proc/sys/vm/max_map_count");
    std::uint64_t limit = 0;
    QVERIFY(file >> limit);
    QVERIFY(MappingBudget::systemLimit() < limit);
    QVERIFY(MappingBudget::systemLimit() >= limit / 2);
  }
};

OVERCOMMIT_TEST(GuestWindowsTest)
#include "guest_windows_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
// Nested faults by real touches, through the RAM window and through the dynamic window, whose pages the guest's own tables lead to
// guest frames: whatever becomes of a page, every way to it shows the same.
#include <QTemporaryDir>
#include <algorithm>
#include <cstring>
#include <map>

#include "host/vm_on.h"
#include "machine/touch.h"
#include "support/test.h"
#include "support/test_host.h"

using namespace overcommit;
using test::readAt;
using test::writeAt;

namespace {

constexpr std::uint64_t kRam = 512, kDynamic = 1024;
constexpr Gfn kTables(16);
constexpr std::uint64_t kPoolPages = 5;

// One VM with windows. Dynamic page d shows guest frame d % kRam, but for pages 1000 and up, which the guest does not map.
class WindowVm {
 public:
  explicit WindowVm(std::uint64_t frames = 1024, std::uint64_t mappingLimit = 60'000) : budget_(mappingLimit) {
    machine_ = *MachineMemory::create(Pages(frames), FreedFrames::FillWithJunk);
    scratch_ = *machine_->takeOverhead(kNoVm);
    const Pager::Parts parts{*machine_, log_, costs_, disk_};
    pager_.emplace(parts, FreeStateThresholds{});
    reclaimer_.emplace(parts, *pager_, nullptr, ReclaimSettings{});
    pager_->setFrameSource(*reclaimer_);
    faults_ = *NestedFaults::install();
    auto disk = std::make_unique<FaultyPageFile>(*createPageFile(directory_.path().toStdString(), "vm.vswp", Pages(kRam)), "vm.vswp");
    swapFaults = disk.get();
    std::vector<Mfn> tables;
    for (std::uint64_t i = 0; i < NestedPageTable::tablesFor(Pages(kRam)).value(); ++i) tables.push_back(*machine_->takeOverhead(VmId(0)));
    memory_ = std::make_unique<VmMemory>(VmId(0), "vm",
                                         GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, Pages(kRam), tables),
                                                             *GuestWindows::create(*machine_, budget_, Pages(kRam), Pages(kDynamic))),
                                         clock_, SwapFile(std::move(disk), "vm.vswp", Pages(kRam)), Random(1, "victims"));
    memory_->tablesFirst = kTables;
    memory_->tablesEnd = kTables.next(kPoolPages);
    pager_->add(*memory_);
    writeGuestTables();
    ramFaults_.emplace(*memory_, *pager_, scratch_);
    dynamicFaults_.emplace(*memory_, *pager_, *machine_, scratch_, gpaOf(kTables));
    faults_->add(windows().ramBase(), bytesOf(Pages(kRam)), *ramFaults_);
    faults_->add(windows().dynamicBase(), bytesOf(Pages(kDynamic)), *dynamicFaults_);
    memory_->counters = {};
  }

  [[nodiscard]] VmMemory& memory() { return *memory_; }
  [[nodiscard]] Pager& pager() { return *pager_; }
  [[nodiscard]] GuestWindows& windows() { return *memory_->guest.windows(); }
  [[nodiscard]] MachineMemory& machine() { return *machine_; }
  [[nodiscard]] std::byte* ram(std::uint64_t page) { return windows().ramBase() + page * kPageSize; }
  [[nodiscard]] std::byte* dynamic(std::uint64_t page) { return windows().dynamicBase() + page * kPageSize; }
  [[nodiscard]] std::uint64_t faults() const { return faults_->served(); }
  // False: these two cannot, or their bytes differ.
  bool share(std::uint64_t gfn, std::uint64_t otherGfn) {
    const NptEntry entry = memory_->guest.entry(Gfn(gfn)), other = memory_->guest.entry(Gfn(otherGfn));
    const bool tables = memory_->isTable(Gfn(gfn)) || memory_->isTable(Gfn(otherGfn));
    if (tables || entry.place() != PagePlace::Private || !other.present() || entry.mfn() == other.mfn()) return false;
    if (!std::ranges::equal(machine_->bytes(entry.mfn()), machine_->bytes(other.mfn()))) return false;
    if (other.place() == PagePlace::Private) pager_->shareAlone(*memory_, Gfn(otherGfn), 0);
    pager_->shareFrame(*memory_, Gfn(gfn), other.mfn(), 0);
    return true;
  }
  [[nodiscard]] PagePlace place(std::uint64_t gfn) { return memory_->guest.entry(Gfn(gfn)).place(); }
  // The addresses under which a guest frame can be reached.
  [[nodiscard]] std::vector<std::byte*> ways(std::uint64_t gfn) {
    std::vector<std::byte*> all{ram(gfn), dynamic(gfn)};
    if (gfn + kRam < 1000) all.push_back(dynamic(gfn + kRam));
    return all;
  }
  [[nodiscard]] std::string audit() {
    const auto wrong = memory_->guest.audit();
    if (wrong) return *wrong;
    const auto ofMachine = machine_->audit();
    return ofMachine.value_or("");
  }
  // Makes enough other faults that nothing is too recent to be taken.
  void forgetRecentFaults() {
    for (std::uint64_t i = 0; i < 16; ++i) memory_->recent.add(Gfn(kRam - 1 - i));
  }
  bool swapOut(std::uint64_t gfn) {
    forgetRecentFaults();
    return pager_->swapOut(*memory_, Gfn(gfn), 0) == SwapOutResult::Done;
  }

  // The guest changes its own entry of a dynamic page; and says that it did.
  void setGuestEntry(std::uint64_t page, std::uint64_t entry) { put(kTables.next(3 + page / 512), page % 512, entry); }
  void flush(std::uint64_t page) { dynamicFaults_->flush(page); }

  FaultyPageFile* swapFaults = nullptr;

 private:
  void put(Gfn table, std::uint64_t index, std::uint64_t value) {
    invariant(pager_->resolve(*memory_, table, Access::Write) == Resolution::Present, "there is room for the guest's tables");
    std::memcpy(machine_->bytes(memory_->guest.entry(table).mfn()).data() + index * 8, &value, 8);
  }
  void writeGuestTables() {
    const auto entry = [](Gfn gfn) { return gpaOf(gfn).value() | kPtePresent | kPteWritable; };
    put(kTables, OC_DYNAMIC_BASE >> 39 & 511, entry(kTables.next(1)));
    put(kTables.next(1), 0, entry(kTables.next(2)));
    put(kTables.next(2), 0, entry(kTables.next(3)));
    put(kTables.next(2), 1, entry(kTables.next(4)));
    for (std::uint64_t page = 0; page < 1000; ++page) setGuestEntry(page, entry(Gfn(page % kRam)));
  }

  QTemporaryDir directory_;
  EventLog log_;
  const Costs costs_ = defaultCosts();
  DiskQueue disk_{0};
  VmClock clock_{VirtualTime(0)};
  MappingBudget budget_;
  Mfn scratch_;
  std::unique_ptr<MachineMemory> machine_;
  std::optional<Pager> pager_;
  std::optional<Reclaimer> reclaimer_;
  std::unique_ptr<NestedFaults> faults_;
  std::unique_ptr<VmMemory> memory_;
  std::optional<RamWindowFaults> ramFaults_;
  std::optional<DynamicWindowFaults> dynamicFaults_;
};

#define VERIFY_AUDIT(vm)                    \
  do {                                      \
    const std::string wrong = (vm).audit(); \
    QVERIFY2(wrong.empty(), wrong.c_str()); \
  } while (false)

constexpr std::byte kOne{1}, kTwo{2}, kThree{3};

}  // namespace

class WindowFaultsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readIsAFirstTouchThroughEitherWindow() {
    WindowVm vm;
    QCOMPARE(readAt(vm.ram(100)), std::byte{0});
    QCOMPARE(readAt(vm.dynamic(101)), std::byte{0});
    QCOMPARE(vm.memory().counters.firstTouches, 2u);
    QCOMPARE(vm.place(100), PagePlace::Private);
    QCOMPARE(vm.place(101), PagePlace::Private);
    VERIFY_AUDIT(vm);
  }

  void pageIsTouchedFirstOnlyOnceHoweverManyWaysLeadToIt() {
    WindowVm vm;
    for (std::byte* way : vm.ways(100)) writeAt(way, kOne);
    QCOMPARE(vm.memory().counters.firstTouches, 1u);
    VERIFY_AUDIT(vm);
  }

  void writeIsSeenThroughEveryWay() {
    WindowVm vm;
    for (std::byte* writer : vm.ways(100)) {
      writeAt(writer + 7, std::byte{static_cast<std::uint8_t>(writer - vm.ram(0) + 1)});
      const std::byte value = readAt(writer + 7);
      for (std::byte* reader : vm.ways(100)) QCOMPARE(readAt(reader + 7), value);
    }
    VERIFY_AUDIT(vm);
  }

  void breakIsSeenThroughEveryWayWhicheverWroteFirst() {
    for (std::size_t writer = 0; writer < 3; ++writer) {
      WindowVm vm;
      for (const std::uint64_t gfn : {100u, 200u}) {
        for (std::byte* way : vm.ways(gfn)) writeAt(way, kOne);  // mapped read-write everywhere
      }
      QVERIFY(vm.share(100, 200));
      for (const std::uint64_t gfn : {100u, 200u}) {
        for (std::byte* way : vm.ways(gfn)) QCOMPARE(readAt(way), kOne);  // mapped read-only everywhere
      }
      writeAt(vm.ways(100)[writer], kTwo);
      QCOMPARE(vm.memory().counters.breaks, 1u);
      for (std::byte* way : vm.ways(100)) QCOMPARE(readAt(way), kTwo);
      for (std::byte* way : vm.ways(200)) QCOMPARE(readAt(way), kOne);
      writeAt(vm.ways(200)[writer], kThree);  // the last sharer keeps the frame
      QCOMPARE(vm.memory().counters.breaks, 1u);
      for (std::byte* way : vm.ways(100)) QCOMPARE(readAt(way), kTwo);
      for (std::byte* way : vm.ways(200)) QCOMPARE(readAt(way), kThree);
      QCOMPARE(vm.machine().count(FrameUse::Shared).value(), 0u);
      VERIFY_AUDIT(vm);
    }
  }

  void swappedPageComesBackThroughWhicheverWayItIsTouched() {
    for (std::size_t way = 0; way < 3; ++way) {
      for (const bool write : {false, true}) {
        WindowVm vm;
        for (std::byte* each : vm.ways(100)) writeAt(each + 5, kOne);
        QVERIFY(vm.swapOut(100));
        QCOMPARE(vm.place(100), PagePlace::Swapped);
        VERIFY_AUDIT(vm);
        if (write) {
          writeAt(vm.ways(100)[way] + 6, kTwo);
        } else {
          QCOMPARE(readAt(vm.ways(100)[way] + 5), kOne);
        }
        QCOMPARE(vm.memory().counters.swapIns, 1u);
        for (std::byte* each : vm.ways(100)) {
          QCOMPARE(readAt(each + 5), kOne);
          QCOMPARE(readAt(each + 6), write ? kTwo : std::byte{0});
        }
        VERIFY_AUDIT(vm);
      }
    }
  }

  void lockedPageVanishesFromAllWindowsAndTouchingItPopsIt() {
    for (std::size_t way = 0; way < 3; ++way) {
      WindowVm vm;
      for (std::byte* each : vm.ways(100)) writeAt(each, kOne);
      const Pages free = vm.machine().free();
      QCOMPARE(vm.pager().lock(vm.memory(), Gfn(100)), BalloonResult::Done);
      QCOMPARE(vm.machine().free(), free + Pages(1));
      VERIFY_AUDIT(vm);
      QCOMPARE(readAt(vm.ways(100)[way]), std::byte{0});
      QCOMPARE(vm.memory().counters.pops, 1u);
      QCOMPARE(vm.place(100), PagePlace::Private);
      for (std::byte* each : vm.ways(100)) QCOMPARE(readAt(each), std::byte{0});
      VERIFY_AUDIT(vm);
    }
  }

  void unlockedPageIsZeroAndCountsAsAFirstTouch() {
    WindowVm vm;
    writeAt(vm.dynamic(100), kOne);
    QCOMPARE(vm.pager().lock(vm.memory(), Gfn(100)), BalloonResult::Done);
    QCOMPARE(vm.pager().unlock(vm.memory(), Gfn(100)), BalloonResult::Done);
    QCOMPARE(readAt(vm.dynamic(100)), std::byte{0});
    QCOMPARE(vm.memory().counters.firstTouches, 2u);
    QCOMPARE(vm.memory().counters.pops, 0u);
  }

  void fillOfAPresentPageIsNoTransition() {
    WindowVm vm;
    writeAt(vm.ram(100), kOne);
    const MemoryCounters counters = vm.memory().counters;
    vm.windows().flush();
    for (std::byte* way : vm.ways(100)) QCOMPARE(readAt(way), kOne);
    QCOMPARE(vm.memory().counters.nestedFaults(), counters.nestedFaults());
  }

  void flushedPageStaysInItsWindowUnlessTheGuestMovedIt() {
    WindowVm vm;
    const std::uint64_t present = kPtePresent | kPteWritable;
    writeAt(vm.ram(100), kOne);
    writeAt(vm.ram(200), kTwo);
    QCOMPARE(readAt(vm.dynamic(100)), kOne);
    vm.setGuestEntry(100, gpaOf(Gfn(100)).value() | present);  // the accessed bit is clear
    std::uint64_t faults = vm.faults();
    vm.flush(100);
    QCOMPARE(readAt(vm.dynamic(100)), kOne);
    QCOMPARE(vm.faults(), faults);
    vm.setGuestEntry(100, gpaOf(Gfn(200)).value() | present);
    vm.flush(100);
    QCOMPARE(readAt(vm.dynamic(100)), kTwo);
    QCOMPARE(vm.faults(), ++faults);
    vm.setGuestEntry(100, 0);
    vm.flush(100);
    QVERIFY(!vm.windows().dynamicMapping(100));
    vm.setGuestEntry(100, gpaOf(Gfn(100)).value() | present);  // which needs no flush, as nothing was there
    QCOMPARE(readAt(vm.dynamic(100)), kOne);
    vm.flush(999);  // never touched: nothing to drop
    VERIFY_AUDIT(vm);
  }

  void fewMappingsChangeNothingButTheNumberOfFaults() {
    std::uint64_t faults[2]{}, flushes[2]{};
    std::vector<std::byte> left[2];
    for (const std::size_t tight : {0u, 1u}) {
      WindowVm vm(1024, tight != 0 ? 60 : 60'000);
      for (std::uint64_t i = 0; i < 600; ++i) {
        const auto ways = vm.ways(32 + i * 7919 % 400);
        writeAt(ways[i % ways.size()] + i % 64, static_cast<std::byte>(i));
      }
      VERIFY_AUDIT(vm);
      for (std::uint64_t gfn = 32; gfn < 432; ++gfn) {
        for (std::size_t at = 0; at < 64; ++at) left[tight].push_back(readAt(vm.ram(gfn) + at));
      }
      faults[tight] = vm.faults();
      flushes[tight] = vm.windows().flushes();
    }
    QVERIFY(flushes[0] == 0 && flushes[1] > 0 && faults[1] > faults[0]);
    QVERIFY(left[0] == left[1]);
  }

  void addressThatTheGuestDoesNotMapEndsTheVmAndHarmsNobody() {
    WindowVm vm;
    writeAt(vm.ram(100), kOne);
    writeAt(vm.dynamic(1000), kTwo);
    QVERIFY(vm.memory().dead.has_value());
    QVERIFY2(vm.memory().dead->starts_with("the guest used address 0x100003e8000, which its page tables do not map"),
             vm.memory().dead->c_str());
    const MemoryCounters counters = vm.memory().counters;
    writeAt(vm.dynamic(1001), kTwo);  // and whatever else it does until it stops
    writeAt(vm.dynamic(300), kTwo);
    writeAt(vm.ram(301), kTwo);
    QCOMPARE(vm.memory().counters.nestedFaults(), counters.nestedFaults());
    QCOMPARE(vm.place(301), PagePlace::Untouched);
    QCOMPARE(readAt(vm.ram(100)), kOne);
  }

  void tableOutsideThePoolComesBackFromTheSwapFile() {
    WindowVm vm;
    vm.memory().tablesFirst = vm.memory().tablesEnd;  // a guest that keeps its tables elsewhere
    writeAt(vm.ram(100), kOne);
    QVERIFY(vm.swapOut(kTables.value() + 3));
    QCOMPARE(readAt(vm.dynamic(100)), kOne);
    QVERIFY(!vm.memory().dead);
    QCOMPARE(vm.memory().counters.swapIns, 1u);
    VERIFY_AUDIT(vm);
  }

  void tableThatTheGuestGaveAwayEndsTheVm() {
    WindowVm vm;
    vm.memory().tablesFirst = vm.memory().tablesEnd;
    QCOMPARE(vm.pager().lock(vm.memory(), kTables.next(3)), BalloonResult::Done);
    writeAt(vm.dynamic(100), kOne);
    QVERIFY(vm.memory().dead.has_value());
  }

  void diskErrorEndsTheVmWhicheverWindowMetIt() {
    for (const bool dynamic : {false, true}) {
      WindowVm vm;
      writeAt(vm.ram(100), kOne);
      QVERIFY(vm.swapOut(100));
      vm.swapFaults->inject(PageFileFault::ReadError, 1);
      bool stopped = false;
      vm.memory().stopSoon = [&stopped] { stopped = true; };
      QVERIFY(readAt(dynamic ? vm.dynamic(100) : vm.ram(100)) != kOne);
      QVERIFY(stopped);
      QCOMPARE(*vm.memory().dead, std::string("swap-in of guest frame 100 failed: cannot read page 0 of vm.vswp: input/output error"));
      QCOMPARE(vm.place(100), PagePlace::Swapped);
    }
  }

  void randomTouchesAndReclaimsAgreeWithAModel() {
    const std::uint64_t seeds = test::full() ? 200 : 20;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      WindowVm vm(200 + seed % 5 * 40, seed % 3 == 0 ? 80 : 60'000);
      Random random(seed, "window touches");
      std::map<std::uint64_t, std::uint8_t> bytes;  // the first byte of each page
      for (int step = 0; step < 1500; ++step) {
        const std::uint64_t gfn = 32 + random.below(300);
        const auto ways = vm.ways(gfn);
        std::byte* const way = ways[random.below(ways.size())];
        switch (random.below(12)) {
          case 0: static_cast<void>(vm.pager().swapOut(vm.memory(), Gfn(gfn), 0)); break;
          case 1:
            if (vm.pager().lock(vm.memory(), Gfn(gfn)) == BalloonResult::Done) bytes.erase(gfn);
            break;
          case 2: static_cast<void>(vm.pager().unlock(vm.memory(), Gfn(gfn))); break;
          case 3: vm.share(gfn, 32 + random.below(300)); break;
          case 4: vm.windows().dropDynamic(gfn); break;
          case 5: vm.memory().guest.sample(Gfn(gfn)); break;
          case 6:
          case 7:
          case 8:
            bytes[gfn] = static_cast<std::uint8_t>(random.below(4));
            writeAt(way, std::byte{bytes[gfn]});
            break;
          default: QCOMPARE(readAt(way), std::byte{bytes.contains(gfn) ? bytes[gfn] : std::uint8_t{0}}); break;
        }
        QVERIFY(!vm.memory().dead);
        if (step % 16 == 0) VERIFY_AUDIT(vm);
      }
      VERIFY_AUDIT(vm);
      QVERIFY(vm.memory().counters.swapIns > 0 && vm.memory().counters.pops > 0 && vm.memory().counters.breaks > 0);
      for (std::uint64_t page = 32; page < 332; ++page) {
        for (std::byte* way : vm.ways(page)) QCOMPARE(readAt(way), std::byte{bytes.contains(page) ? bytes[page] : std::uint8_t{0}});
      }
    }
  }
};

OVERCOMMIT_TEST(WindowFaultsTest)
#include "window_faults_test.moc"

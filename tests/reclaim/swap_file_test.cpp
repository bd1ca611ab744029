// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/swap_file.h"

#include <QTemporaryDir>
#include <array>
#include <set>

#include "reclaim/recent_faults.h"
#include "support/test.h"

using namespace overcommit;

namespace {

using Page = std::array<std::byte, kPageSize>;

Page pageOf(std::uint64_t value) {
  Page page;
  page.fill(static_cast<std::byte>(value));
  return page;
}

struct Disk {
  QTemporaryDir directory;
  FaultyPageFile* faults = nullptr;
  SwapFile file;
  explicit Disk(std::uint64_t pages) : file(makeFile(pages), "vm.vswp", Pages(pages)) {}

 private:
  std::unique_ptr<PageFile> makeFile(std::uint64_t pages) {
    auto faulty = std::make_unique<FaultyPageFile>(*createPageFile(directory.path().toStdString(), "vm.vswp", Pages(pages)), "vm.vswp");
    faults = faulty.get();
    return faulty;
  }
};

}  // namespace

class SwapFileTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void slotsAreFilledInOrderAndUsedAgain() {
    Disk disk(4);
    for (std::uint64_t slot = 0; slot < 4; ++slot) QCOMPARE(*disk.file.write(pageOf(slot)), slot);
    QVERIFY(disk.file.full());
    disk.file.free(2);
    disk.file.free(0);
    QCOMPARE(*disk.file.write(pageOf(7)), 0u);
    QCOMPARE(*disk.file.write(pageOf(8)), 2u);
    Page page{};
    for (const auto& [slot, value] : {std::pair{0u, 7u}, {1u, 1u}, {2u, 8u}, {3u, 3u}}) {
      VERIFY_OK(disk.file.read(slot, page));
      QVERIFY(page == pageOf(value));
    }
    QCOMPARE(disk.file.used(), Pages(4));
  }

  void readSlotStaysUsedUntilItIsFreed() {
    Disk disk(2);
    const std::uint64_t slot = *disk.file.write(pageOf(1));
    Page page{};
    VERIFY_OK(disk.file.read(slot, page));
    QVERIFY(disk.file.uses(slot) && disk.file.used() == Pages(1));
    disk.file.free(slot);
    QVERIFY(!disk.file.uses(slot) && disk.file.used() == Pages(0));
    QVERIFY(!disk.file.look(slot, page));
  }

  void failedWriteLeavesEverythingAsItWas() {
    for (const PageFileFault fault : {PageFileFault::DiskFull, PageFileFault::ShortWrite}) {
      Disk disk(2);
      disk.faults->inject(fault, 1);
      QVERIFY(!disk.file.write(pageOf(1)));
      QCOMPARE(disk.file.used(), Pages(0));
      QCOMPARE(*disk.file.write(pageOf(1)), 0u);
    }
  }

  void pageThatComesBackOtherThanItWentIsNoticed() {
    Disk disk(2);
    const std::uint64_t slot = *disk.file.write(pageOf(1));
    disk.faults->inject(PageFileFault::CorruptPage, 1);
    Page page{};
    QCOMPARE(disk.file.read(slot, page).error().text,
             std::string("slot 0 of vm.vswp does not hold what was written to it: its checksum differs; the disk is damaged"));
    VERIFY_OK(disk.file.read(slot, page));  // the fault was a passing one
  }

  void lookingIsNotStruckByFaults() {
    Disk disk(2);
    const std::uint64_t slot = *disk.file.write(pageOf(1));
    disk.faults->inject(PageFileFault::ReadError, 1);
    Page page{};
    QVERIFY(disk.file.look(slot, page) && page == pageOf(1));
    QVERIFY(!disk.file.read(slot, page));
  }

  void fileGrowsAndNeverShrinks() {
    Disk disk(2);
    static_cast<void>(*disk.file.write(pageOf(1)));
    static_cast<void>(*disk.file.write(pageOf(2)));
    disk.file.growTo(Pages(3));
    QVERIFY(!disk.file.full());
    const std::uint64_t slot = *disk.file.write(pageOf(3));
    Page page{};
    VERIFY_OK(disk.file.read(slot, page));
    QVERIFY(page == pageOf(3));
    disk.file.growTo(Pages(1));
    QCOMPARE(disk.file.slots(), Pages(3));
  }

  void theLastSixteenFaultsAreRecent() {
    RecentFaults recent;
    QVERIFY(!recent.contains(Gfn(0)));
    for (std::uint64_t gfn = 0; gfn < 20; ++gfn) recent.add(Gfn(gfn));
    for (std::uint64_t gfn = 0; gfn < 20; ++gfn) QCOMPARE(recent.contains(Gfn(gfn)), gfn >= 4);
  }
};

OVERCOMMIT_TEST(SwapFileTest)
#include "swap_file_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/guest_physical_memory.h"

#include <algorithm>
#include <map>

#include "base/random.h"
#include "machine/dies.h"
#include "machine/nested_fault.h"
#include "machine/touch.h"
#include "support/test.h"

using namespace overcommit;
using test::readAt;
using test::writeAt;

namespace {

constexpr std::uint64_t kRam = 512, kDynamic = 1024;

// A hypervisor reduced to what this room needs: first touch and break. Dynamic page d shows guest frame d % kRam.
class TinyHypervisor {
 public:
  explicit TinyHypervisor(std::uint64_t mappingLimit = 60'000) : budget_(mappingLimit) {
    machine_ = *MachineMemory::create(Pages(2048), FreedFrames::FillWithJunk);
    std::vector<Mfn> tables;
    for (std::uint64_t i = 0; i < NestedPageTable::tablesFor(Pages(kRam)).value(); ++i) tables.push_back(*machine_->takeOverhead(VmId(0)));
    memory_ = std::make_unique<GuestPhysicalMemory>(*machine_, NestedPageTable(*machine_, Pages(kRam), std::move(tables)),
                                                    *GuestWindows::create(*machine_, budget_, Pages(kRam), Pages(kDynamic)));
    faults_ = *NestedFaults::install();
    faults_->add(windows().ramBase(), bytesOf(Pages(kRam)), ram_);
    faults_->add(windows().dynamicBase(), bytesOf(Pages(kDynamic)), dynamic_);
  }

  [[nodiscard]] GuestWindows& windows() const { return *memory_->windows(); }
  [[nodiscard]] GuestPhysicalMemory& memory() const { return *memory_; }
  [[nodiscard]] MachineMemory& machine() const { return *machine_; }
  [[nodiscard]] std::byte* ram(std::uint64_t page) const { return windows().ramBase() + page * kPageSize; }
  [[nodiscard]] std::byte* dynamic(std::uint64_t page) const { return windows().dynamicBase() + page * kPageSize; }
  [[nodiscard]] std::uint64_t faults() const { return faults_->served(); }
  [[nodiscard]] std::uint64_t breaks() const { return breaks_; }
  [[nodiscard]] std::span<std::byte, kPageSize> bytes(Gfn gfn) const { return machine_->bytes(memory_->entry(gfn).mfn()); }

  void share(Gfn gfn) {
    const Mfn mfn = memory_->entry(gfn).mfn();
    machine_->makeShared(mfn);
    machine_->addReference(mfn);  // another guest frame, elsewhere
    memory_->set(gfn, NptEntry::sharedPage(mfn));
  }

  void useLargePages() { largePages_ = true; }

  void resolve(Gfn gfn, Access access) {
    const NptEntry entry = memory_->entry(gfn);
    if (!entry.present() && largePages_ && memory_->untouchedAround(gfn)) {
      memory_->mapLarge(largePageOf(gfn), *machine_->takeLarge(VmId(0), largePageOf(gfn)));
    } else if (!entry.present()) {
      memory_->set(gfn, NptEntry::privatePage(*machine_->takePrivate(VmId(0), gfn)));
    } else if (access == Access::Write && !entry.writable()) {
      ++breaks_;
      const Mfn copy = *machine_->takePrivate(VmId(0), gfn);
      std::ranges::copy(machine_->bytes(entry.mfn()), machine_->bytes(copy).begin());
      machine_->dropReference(entry.mfn());
      memory_->set(gfn, NptEntry::privatePage(copy));
    }
  }

 private:
  struct Ram final : NestedFaultHandler {
    explicit Ram(TinyHypervisor& h) : hypervisor(h) {}
    void onNestedFault(std::uint64_t page, Access access) override {
      hypervisor.resolve(Gfn(page), access);
      hypervisor.memory_->fillRam(Gfn(page), access);
    }
    [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
      return hypervisor.memory_->windows()->ramIsOpen(Gfn(page), access);
    }
    TinyHypervisor& hypervisor;
  };
  struct Dynamic final : NestedFaultHandler {
    explicit Dynamic(TinyHypervisor& h) : hypervisor(h) {}
    void onNestedFault(std::uint64_t page, Access access) override {
      hypervisor.resolve(Gfn(page % kRam), access);
      hypervisor.memory_->fillDynamic(page, Gfn(page % kRam), access);
    }
    [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
      return hypervisor.memory_->windows()->dynamicIsOpen(page, access);
    }
    TinyHypervisor& hypervisor;
  };

  MappingBudget budget_;
  std::unique_ptr<MachineMemory> machine_;
  std::unique_ptr<GuestPhysicalMemory> memory_;
  Ram ram_{*this};
  Dynamic dynamic_{*this};
  std::unique_ptr<NestedFaults> faults_;
  std::uint64_t breaks_ = 0;
  bool largePages_ = false;
};

#define VERIFY_AUDIT(object)                       \
  do {                                             \
    const auto wrong = (object).audit();           \
    QVERIFY2(!wrong, wrong ? wrong->c_str() : ""); \
  } while (false)

}  // namespace

class GuestPhysicalMemoryTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void readIsAFirstTouchAndShowsZeros() {
    TinyHypervisor h;
    QCOMPARE(readAt(h.ram(7)), std::byte{0});
    const NptEntry entry = h.memory().entry(Gfn(7));
    QVERIFY(entry.place() == PagePlace::Private && entry.accessed() && !entry.dirty());
    QCOMPARE(h.memory().count(PagePlace::Private).value(), 1u);
    QCOMPARE(h.memory().count(PagePlace::Untouched).value(), kRam - 1);
    QCOMPARE(h.faults(), 1u);
    VERIFY_AUDIT(h.memory());
  }

  void writeIsAFirstTouchOfOneFault() {
    TinyHypervisor h;
    writeAt(h.ram(7) + 5, std::byte{9});
    QCOMPARE(h.bytes(Gfn(7))[5], std::byte{9});
    const NptEntry entry = h.memory().entry(Gfn(7));
    QVERIFY(entry.accessed() && entry.dirty());
    QCOMPARE(h.faults(), 1u);
    VERIFY_AUDIT(h.memory());
  }

  void firstWriteAfterReadsIsSeen() {
    TinyHypervisor h;
    static_cast<void>(readAt(h.ram(7)));
    static_cast<void>(readAt(h.ram(7)));
    QVERIFY(!h.memory().entry(Gfn(7)).dirty());
    writeAt(h.ram(7), std::byte{9});
    QVERIFY(h.memory().entry(Gfn(7)).dirty());
    QCOMPARE(h.bytes(Gfn(7))[0], std::byte{9});
    QCOMPARE(h.faults(), 2u);
  }

  void pageOnceMappedIsReachedWithoutFaults() {
    TinyHypervisor h;
    for (int i = 0; i < 100; ++i) writeAt(h.ram(7) + i, std::byte{1});
    QCOMPARE(h.faults(), 1u);
  }

  void sharedPageIsReadableNeverWritable() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    h.share(Gfn(7));
    VERIFY_AUDIT(h.memory());
    const auto faults = h.faults();
    QCOMPARE(readAt(h.ram(7)), std::byte{9});
    QCOMPARE(h.faults(), faults);  // read access was left
    const Mfn shared = h.memory().entry(Gfn(7)).mfn();
    writeAt(h.ram(7), std::byte{10});
    QCOMPARE(h.breaks(), 1u);
    QCOMPARE(h.machine().bytes(shared)[0], std::byte{9});
    QCOMPARE(h.bytes(Gfn(7))[0], std::byte{10});
    VERIFY_AUDIT(h.memory());
  }

  void breakIsSeenThroughEveryAlias() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    QCOMPARE(readAt(h.dynamic(7)), std::byte{9});
    QCOMPARE(readAt(h.dynamic(7 + kRam)), std::byte{9});
    h.share(Gfn(7));
    QCOMPARE(readAt(h.dynamic(7)), std::byte{9});
    QCOMPARE(readAt(h.dynamic(7 + kRam)), std::byte{9});
    writeAt(h.dynamic(7 + kRam), std::byte{10});  // breaks through one alias
    QCOMPARE(readAt(h.ram(7)), std::byte{10});
    QCOMPARE(readAt(h.dynamic(7)), std::byte{10});
    QCOMPARE(readAt(h.dynamic(7 + kRam)), std::byte{10});
    QCOMPARE(h.breaks(), 1u);
    VERIFY_AUDIT(h.memory());
  }

  void revokedPageFaultsAgainAndShowsTheSame() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    h.windows().revoke(Gfn(7));
    QCOMPARE(readAt(h.ram(7)), std::byte{9});
    QCOMPARE(h.faults(), 2u);
    writeAt(h.ram(7), std::byte{1});  // was dirty: comes back writable at once
    QCOMPARE(h.faults(), 2u);
  }

  void sampledPageIsAccessedOnlyOnceTouched() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    static_cast<void>(readAt(h.dynamic(7)));
    h.memory().sample(Gfn(7));
    QVERIFY(!h.memory().entry(Gfn(7)).accessed());
    QVERIFY(h.memory().entry(Gfn(7)).dirty());
    VERIFY_AUDIT(h.memory());
    static_cast<void>(readAt(h.ram(8)));  // a neighbour's touch does not count
    QVERIFY(!h.memory().entry(Gfn(7)).accessed());
    static_cast<void>(readAt(h.dynamic(7)));
    QVERIFY(h.memory().entry(Gfn(7)).accessed());
    VERIFY_AUDIT(h.memory());
  }

  void sampleOfAPageThatIsNotPresentChangesNothing() {
    TinyHypervisor h;
    h.memory().set(Gfn(3), NptEntry::swapped(77));
    h.memory().sample(Gfn(3));
    QCOMPARE(h.memory().entry(Gfn(3)), NptEntry::swapped(77));
  }

  void touchSinceTheLastSampleSurvivesSharing() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    h.share(Gfn(7));
    QVERIFY(h.memory().entry(Gfn(7)).accessed());
    writeAt(h.ram(8), std::byte{9});
    h.memory().sample(Gfn(8));
    h.share(Gfn(8));
    QVERIFY(!h.memory().entry(Gfn(8)).accessed());
    VERIFY_AUDIT(h.memory());
  }

  void pageTakenAwayIsGoneFromAllWindows() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    static_cast<void>(readAt(h.dynamic(7)));
    h.machine().release(h.memory().entry(Gfn(7)).mfn());
    h.memory().set(Gfn(7), NptEntry::swapped(0));
    QVERIFY(!h.windows().ramMapping(Gfn(7)));
    QVERIFY(!h.windows().dynamicMapping(7));
    QCOMPARE(h.memory().count(PagePlace::Swapped).value(), 1u);
    VERIFY_AUDIT(h.memory());
  }

  void accessByADeviceSetsTheBitsButMapsNothing() {
    TinyHypervisor h;
    h.resolve(Gfn(7), Access::Write);
    h.memory().touch(Gfn(7), Access::Read);
    QVERIFY(h.memory().entry(Gfn(7)).accessed() && !h.memory().entry(Gfn(7)).dirty());
    h.memory().touch(Gfn(7), Access::Write);
    QVERIFY(h.memory().entry(Gfn(7)).dirty());
    QVERIFY(!h.windows().ramMapping(Gfn(7)));
    QCOMPARE(h.faults(), 0u);
  }

  void largePageOnceUsedIsOneMapping() {
    TinyHypervisor h;
    h.useLargePages();
    for (std::uint64_t page = 0; page < kRam; ++page) writeAt(h.ram(page), static_cast<std::byte>(page));
    QCOMPARE(h.memory().largePages(), Pages(kRam));
    QCOMPARE(test::mappingsIn(h.windows().ramBase(), kRam * kPageSize), std::size_t{1});
    VERIFY_AUDIT(h.memory());
  }

  void brokenLargePageShowsTheSameThroughBothWindows() {
    TinyHypervisor h;
    h.useLargePages();
    for (std::uint64_t page = 0; page < kRam; page += 3) writeAt(h.ram(page), static_cast<std::byte>(page));
    for (std::uint64_t page = 0; page < kRam; page += 6) QCOMPARE(readAt(h.dynamic(page)), static_cast<std::byte>(page));
    const auto faults = h.faults();
    h.memory().breakLarge(Gfn(0));
    QCOMPARE(h.memory().largePages(), Pages(0));
    VERIFY_AUDIT(h.memory());
    for (std::uint64_t page = 0; page < kRam; page += 6) {
      QCOMPARE(readAt(h.ram(page)), static_cast<std::byte>(page));
      QCOMPARE(readAt(h.dynamic(page)), static_cast<std::byte>(page));
    }
    QCOMPARE(h.faults(), faults);  // the same frames with the same rights: nothing had to be unmapped
    h.share(Gfn(6));
    writeAt(h.dynamic(6), std::byte{99});
    QCOMPARE(readAt(h.ram(6)), std::byte{99});
    QCOMPARE(readAt(h.ram(12)), std::byte{12});
    VERIFY_AUDIT(h.memory());
  }

  void samplingSeesOnePageOfALargePage() {
    TinyHypervisor h;
    h.useLargePages();
    for (std::uint64_t page = 0; page < 20; ++page) writeAt(h.ram(page), std::byte{1});
    QVERIFY(!h.memory().entry(Gfn(20)).accessed());  // present, but only its neighbours were touched
    h.memory().sample(Gfn(7));
    VERIFY_AUDIT(h.memory());
    writeAt(h.ram(8), std::byte{2});
    QVERIFY(!h.memory().entry(Gfn(7)).accessed());
    static_cast<void>(readAt(h.ram(7)));
    QVERIFY(h.memory().entry(Gfn(7)).accessed());
    QCOMPARE(h.memory().largePages(), Pages(kRam));
    VERIFY_AUDIT(h.memory());
  }

  void auditFindsAWindowThatShowsTheWrongFrame() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    h.windows().fillRam(Gfn(7), Mfn(1000), Protection::ReadWrite);
    const auto wrong = h.memory().audit();
    QVERIFY(wrong && wrong->find("machine frame 1000") != std::string::npos);
    QVERIFY(h.memory().auditPage(Gfn(7)));
    QVERIFY(!h.memory().auditPage(Gfn(8)));
  }

  void auditFindsAWindowThatShowsAPageThatIsNotPresent() {
    TinyHypervisor h;
    h.windows().fillDynamic(9, Gfn(9), Mfn(1000), Protection::ReadOnly);
    const auto wrong = h.memory().audit();
    QVERIFY(wrong && wrong->find("not present") != std::string::npos);
  }

  void auditFindsASharedPageThatCanBeWritten() {
    TinyHypervisor h;
    writeAt(h.ram(7), std::byte{9});
    h.share(Gfn(7));
    h.windows().fillDynamic(7, Gfn(7), h.memory().entry(Gfn(7)).mfn(), Protection::ReadWrite);
    const auto wrong = h.memory().audit();
    QVERIFY(wrong && wrong->find("more rights") != std::string::npos);
  }

  void auditFindsAFrameThatBelongsToSomebodyElse() {
    TinyHypervisor h;
    h.memory().set(Gfn(7), NptEntry::privatePage(*h.machine().takePrivate(VmId(1), Gfn(7))));
    QVERIFY(h.memory().audit());
  }

  void readOfAPageThatWasNotResolvedBreaksAnInvariant() {
    QCOMPARE(test::exitOf([] {
               TinyHypervisor h;
               h.memory().touch(Gfn(7), Access::Read);
             }),
             kExitInvariantBroken);
  }

  // Random guest accesses and hypervisor actions against a table of what each page should hold.
  void guestAlwaysReadsWhatItWrote_data() {
    QTest::addColumn<quint64>("limit");
    QTest::newRow("with many mappings") << quint64{60'000};
    QTest::newRow("with 40 mappings") << quint64{40};
  }
  void guestAlwaysReadsWhatItWrote() {
    QFETCH(quint64, limit);
    const int seeds = qEnvironmentVariableIsSet("OVERCOMMIT_FULL") ? 2000 : 200;
    std::uint64_t flushes = 0;
    for (int seed = 0; seed < seeds / 2; ++seed) {
      TinyHypervisor h(limit);
      Random random(static_cast<std::uint64_t>(seed), "guest");
      if (seed % 2 == 1) h.useLargePages();
      std::map<std::uint64_t, std::byte> written;
      for (int step = 0; step < 400; ++step) {
        const std::uint64_t page = random.below(64) * 8 % kRam + random.below(3);
        const Gfn gfn(page);
        std::byte* const address = random.below(2) == 0 ? h.ram(page) : h.dynamic(page + kRam * random.below(2));
        const NptEntry entry = h.memory().entry(gfn);
        switch (random.below(8)) {
          case 0: h.memory().sample(gfn); break;
          case 1:
            if (entry.place() == PagePlace::Private && !entry.large()) h.share(gfn);
            break;
          case 2:
            h.windows().dropDynamic(page);
            if (random.below(10) == 0 && entry.large()) h.memory().breakLarge(Gfn(0));
            break;
          case 3:
          case 4:
            written[page] = static_cast<std::byte>(random.below(256));
            writeAt(address, written[page]);
            QVERIFY(h.memory().entry(gfn).dirty());
            break;
          default:
            QCOMPARE(readAt(address), written.contains(page) ? written[page] : std::byte{0});
            QVERIFY(h.memory().entry(gfn).accessed());
            break;
        }
        const auto wrong = step % 20 == 0 ? h.memory().audit() : h.memory().auditPage(gfn);
        QVERIFY2(!wrong, wrong ? wrong->c_str() : "");
      }
      flushes += h.windows().flushes();
    }
    QCOMPARE(flushes > 0, limit == 40);
  }
};

OVERCOMMIT_TEST(GuestPhysicalMemoryTest)
#include "guest_physical_memory_test.moc"

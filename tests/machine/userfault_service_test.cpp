// SPDX-License-Identifier: GPL-2.0-or-later
// Windows that userfaultfd watches, without KVM: this thread plays the guest, between guestEnters() and guestLeft().
#include "machine/userfault_service.h"

#include <atomic>
#include <thread>

#include "machine/fake_kernel.h"
#include "machine/touch.h"
#include "support/test.h"

using namespace overcommit;
using namespace overcommit::test;

namespace {

constexpr std::uint64_t kWatchedPages = 512;
constexpr Pages kWatched(kWatchedPages);

// Page g shows frame base + g, read-only until it is written to.
class WatchedWindow final : public NestedFaultHandler {
 public:
  explicit WatchedWindow(KernelCalls& kernel, std::uint64_t limit = 60'000) : budget_(limit), service(*UserfaultService::start(kernel)) {
    machine = *MachineMemory::create(kWatched + kWatched, FreedFrames::FillWithJunk);
    for (Gfn gfn; gfn.value() < kWatched.value(); gfn = gfn.next()) frames.push_back(*machine->takePrivate(VmId(0), gfn));
    windows = *GuestWindows::create(*machine, budget_, kWatched, Pages(1), std::move(*service->createBacking()));
    service->add(*windows, *this);
  }
  ~WatchedWindow() override { service->remove(*windows); }

  void onNestedFault(std::uint64_t page, Access access) override {
    faults.emplace_back(page, access);
    if (duringFault) duringFault();
    windows->fillRam(Gfn(page), frames[page], access == Access::Write ? Protection::ReadWrite : Protection::ReadOnly);
  }
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override { return windows->ramIsOpen(Gfn(page), access); }
  void onWindowLost(const std::string& reason) override { lost = reason; }

  [[nodiscard]] std::byte* at(std::uint64_t page) const { return windows->ramBase() + page * kPageSize; }
  std::byte read(std::uint64_t page) {
    service->guestEnters();
    const std::byte value = readAt(at(page));
    service->guestLeft();
    return value;
  }
  void write(std::uint64_t page, std::byte value) {
    service->guestEnters();
    writeAt(at(page), value);
    service->guestLeft();
  }
  std::byte& frame(std::uint64_t page) { return machine->bytes(frames[page])[0]; }

 private:
  MappingBudget budget_;

 public:
  std::unique_ptr<UserfaultService> service;
  std::unique_ptr<MachineMemory> machine;
  std::unique_ptr<GuestWindows> windows;
  std::vector<Mfn> frames;
  std::vector<std::pair<std::uint64_t, Access>> faults;
  std::function<void()> duringFault;
  std::string lost;
};

using Missed = std::pair<std::uint64_t, Access>;

}  // namespace

class UserfaultServiceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    const auto usable = openUserfault(systemCalls());
    if (!usable) QSKIP(usable.error().text.c_str());
  }

  void touchIsServedOnceAndShowsTheFrame() {
    WatchedWindow window(systemCalls());
    window.frame(7) = std::byte{42};
    QCOMPARE(window.read(7), std::byte{42});
    QCOMPARE(window.read(7), std::byte{42});
    QCOMPARE(window.faults, (std::vector<Missed>{{7, Access::Read}}));
  }

  void writeToAPageThatIsShownReadOnlyIsSeen() {
    WatchedWindow window(systemCalls());
    QCOMPARE(window.read(7), std::byte{0});
    window.write(7, std::byte{1});
    window.write(7, std::byte{2});
    QCOMPARE(window.faults, (std::vector<Missed>{{7, Access::Read}, {7, Access::Write}}));
    QCOMPARE(window.frame(7), std::byte{2});
  }

  void pageThatIsTakenAwayIsMissedAgain() {
    WatchedWindow window(systemCalls());
    window.write(7, std::byte{1});
    window.windows->revoke(Gfn(7));
    QCOMPARE(window.read(7), std::byte{1});
    window.windows->revoke(Gfn(7));  // while it is write-protected
    window.write(7, std::byte{2});
    window.write(7, std::byte{3});
    QCOMPARE(window.faults, (std::vector<Missed>{{7, Access::Write}, {7, Access::Read}, {7, Access::Write}}));
  }

  void downgradedPageCanBeReadButNotWritten() {
    WatchedWindow window(systemCalls());
    window.write(7, std::byte{1});
    window.windows->restrictToReadOnly(Gfn(7));
    QCOMPARE(window.read(7), std::byte{1});
    QCOMPARE(window.faults.size(), std::size_t{1});
    window.write(7, std::byte{2});
    QCOMPARE(window.faults.back(), (Missed{7, Access::Write}));
    QCOMPARE(window.faults.size(), std::size_t{2});
  }

  void pageShowsAnotherFrameAfterABreak() {
    WatchedWindow window(systemCalls());
    window.frame(7) = std::byte{1};
    QCOMPARE(window.read(7), std::byte{1});
    window.frames[7] = window.frames[8];
    window.frame(7) = std::byte{5};
    window.write(7, std::byte{6});  // a break maps another frame where the write-protected one was
    QCOMPARE(window.frame(8), std::byte{6});
    QCOMPARE(window.read(7), std::byte{6});
  }

  void mappingsAreCountedAsTheKernelCountsThem() {
    WatchedWindow window(systemCalls());
    for (std::uint64_t i = 0; i < 200; ++i) {
      const std::uint64_t page = i * 37 % kWatchedPages;
      if (i % 3 == 0) std::swap(window.frames[page], window.frames[(page + 100) % kWatchedPages]);
      if (i % 5 == 0) window.windows->revoke(Gfn(page));
      window.windows->revoke(Gfn((page + 100) % kWatchedPages));
      if (i % 2 == 0) static_cast<void>(window.read(page));
      if (i % 2 != 0) window.write(page, std::byte{1});
      QCOMPARE(window.windows->mappings(), mappingsIn(window.at(0), bytesOf(kWatched).value()) + 1);  // the dynamic window's own
    }
  }

  void windowsAreFlushedWhenMappingsRunOut() {
    WatchedWindow window(systemCalls(), 24);
    for (std::uint64_t page = 0; page < kWatched.value(); ++page) window.frame(page) = std::byte{static_cast<std::uint8_t>(page)};
    for (std::uint64_t i = 0; i < 300; ++i) {
      const std::uint64_t page = i * 37 % kWatchedPages;
      if (i % 2 == 0) std::swap(window.frames[page], window.frames[(page + 64) % kWatchedPages]);
      window.windows->revoke(Gfn(page));
      window.windows->revoke(Gfn((page + 64) % kWatchedPages));
      QCOMPARE(window.read(page), window.frame(page));
    }
    QVERIFY(window.windows->flushes() > 0);
  }

  // What the engine's thread and the service's both use is no atomic: the baton alone keeps them apart. Run it under the thread sanitizer.
  void batonKeepsTheEngineAndTheServiceApart() {
    WatchedWindow window(systemCalls());
    std::uint64_t both = 0;
    window.duringFault = [&both] { ++both; };
    for (std::uint64_t i = 0; i < 2'000; ++i) {
      const std::uint64_t before = both;
      window.windows->revoke(Gfn(i % kWatchedPages));
      static_cast<void>(window.read(i % kWatchedPages));
      QCOMPARE(both, before + 1);
      ++both;
    }
  }

  void twoServicesWorkAtOnce() {
    std::array<std::thread, 2> threads;
    std::array<std::size_t, 2> faults{};
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::thread([&faults, i] {
        WatchedWindow window(systemCalls());
        for (std::uint64_t page = 0; page < kWatched.value(); ++page) window.write(page, std::byte{1});
        faults[i] = window.faults.size();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::size_t served : faults) QCOMPARE(served, kWatched.value());
  }

  void failureInMidRunLosesTheWindowAndLetsTheGuestGo_data() {
    QTest::addColumn<quint64>("request");
    QTest::addColumn<QString>("says");
    QTest::newRow("map") << quint64{UFFDIO_CONTINUE} << "userfaultfd failed: cannot map a page of the VM: no such device";
    QTest::newRow("protect") << quint64{UFFDIO_WRITEPROTECT} << "userfaultfd failed: cannot write-protect a page of the VM: no such device";
    QTest::newRow("wake") << quint64{UFFDIO_WAKE}
                          << "userfaultfd failed: cannot wake the vCPU that waits for a page of the VM: no such device";
    QTest::newRow("watch") << quint64{UFFDIO_REGISTER} << "userfaultfd failed: cannot watch a page of the VM: no such device";
    QTest::newRow("read") << quint64{0} << "userfaultfd failed: cannot read a fault on a page of the VM: no such device";
  }
  void failureInMidRunLosesTheWindowAndLetsTheGuestGo() {
    QFETCH(quint64, request);
    QFETCH(QString, says);
    FakeKernel kernel;
    WatchedWindow window(kernel);
    QCOMPARE(window.read(1), std::byte{0});
    QCOMPARE(window.lost, std::string());
    if (request == 0) {
      kernel.readsThatWork = 0;
    } else {
      kernel.noControl[request] = {ENODEV};
    }
    static_cast<void>(window.read(400));  // would never return if nobody let it go
    QCOMPARE(QString::fromStdString(window.lost), says);
    window.write(1, std::byte{1});  // on nothing
    QCOMPARE(window.frame(1), std::byte{0});
  }

  void whatTheKernelLacksIsNamedWithItsCure_data() {
    QTest::addColumn<int>("error");
    QTest::addColumn<int>("deviceError");
    QTest::addColumn<quint64>("hidden");
    QTest::addColumn<QString>("says");
    QTest::newRow("no userfaultfd") << ENOSYS << 0 << quint64{0} << "Linux 5.19 or newer, built with CONFIG_USERFAULTFD";
    QTest::newRow("no permission") << EPERM << EACCES << quint64{0} << "chgrp kvm /dev/userfaultfd && chmod g+rw /dev/userfaultfd";
    QTest::newRow("no device") << EPERM << ENOENT << quint64{0} << "sysctl vm.unprivileged_userfaultfd=1";
    QTest::newRow("before 5.19") << 0 << 0 << quint64{UFFD_FEATURE_WP_HUGETLBFS_SHMEM}
                                 << "cannot write-protect pages of shared memory; use Linux 5.19 or newer";
    QTest::newRow("before 5.14") << 0 << 0 << quint64{UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_MINOR_SHMEM}
                                 << "cannot watch pages of shared memory; use Linux 5.19 or newer";
  }
  void whatTheKernelLacksIsNamedWithItsCure() {
    QFETCH(int, error);
    QFETCH(int, deviceError);
    QFETCH(quint64, hidden);
    QFETCH(QString, says);
    FakeKernel kernel;
    kernel.noUserfaultfd = error;
    kernel.noOpen["/dev/userfaultfd"] = deviceError;
    kernel.hiddenFeatures = hidden;
    const auto service = UserfaultService::start(kernel);
    QVERIFY(!service);
    QVERIFY2(service.error().text.find(says.toStdString()) != std::string::npos, service.error().text.c_str());
  }

  void deviceServesWhereTheSystemCallIsForbidden() {
    const OwnedDescriptor device(systemCalls().open("/dev/userfaultfd"));
    if (!device.open()) QSKIP("/dev/userfaultfd cannot be opened here");
    FakeKernel kernel;
    kernel.noUserfaultfd = EPERM;
    WatchedWindow window(kernel);
    window.write(7, std::byte{1});
    QCOMPARE(window.faults.size(), std::size_t{1});
  }
};

OVERCOMMIT_TEST(UserfaultServiceTest)
#include "userfault_service_test.moc"

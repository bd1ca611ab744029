// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/nested_fault.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "machine/dies.h"
#include "machine/touch.h"
#include "machine/window_backing.h"
#include "support/test.h"

using namespace overcommit;
using test::exitOf;
using test::readAt;
using test::writeAt;

namespace {

// Reserved memory whose pages are opened when they are touched.
class OpenedOnTouch : public NestedFaultHandler {
 public:
  explicit OpenedOnTouch(std::size_t pages) : pages_(pages), open_(pages, Protection::None) {
    void* base = mmap(nullptr, pages * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base_ = static_cast<std::byte*>(base);
  }
  ~OpenedOnTouch() override { munmap(base_, pages_ * kPageSize); }
  OpenedOnTouch(const OpenedOnTouch&) = delete;
  OpenedOnTouch& operator=(const OpenedOnTouch&) = delete;

  void onNestedFault(std::uint64_t page, Access access) override {
    if (seen_ < faults_.size()) faults_[seen_++] = {page, access};
    errno = ENOMEM;
    mprotect(at(page), kPageSize, access == Access::Write ? PROT_READ | PROT_WRITE : PROT_READ);
    open_[page] = access == Access::Write ? Protection::ReadWrite : Protection::ReadOnly;
  }
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
    return open_[page] >= (access == Access::Write ? Protection::ReadWrite : Protection::ReadOnly);
  }

  [[nodiscard]] std::byte* at(std::uint64_t page) const { return base_ + page * kPageSize; }
  [[nodiscard]] Bytes bytes() const { return Bytes(pages_ * kPageSize); }
  [[nodiscard]] std::size_t seen() const { return seen_; }
  struct Fault {
    std::uint64_t page;
    Access access;
    bool operator==(const Fault&) const = default;
  };
  [[nodiscard]] Fault fault(std::size_t i) const { return faults_[i]; }

 private:
  std::size_t pages_;
  std::vector<Protection> open_;
  std::byte* base_ = nullptr;
  std::array<Fault, 64> faults_{};
  std::size_t seen_ = 0;
};

// Touches a window while a fault is served, which nobody may.
class TouchesAWindow : public OpenedOnTouch {
 public:
  using OpenedOnTouch::OpenedOnTouch;
  void onNestedFault(std::uint64_t page, Access) override { static_cast<void>(readAt(at(page + 1))); }
};

// Serves as if every access were a read, and takes the page for open to all: what a processor's wrong word about an access comes to.
class TakesAWriteForARead final : public OpenedOnTouch {
 public:
  using OpenedOnTouch::OpenedOnTouch;
  void onNestedFault(std::uint64_t page, Access) override {
    OpenedOnTouch::onNestedFault(page, Access::Read);
    served_ = true;
  }
  [[nodiscard]] bool isOpen(std::uint64_t, Access) const override { return served_; }

 private:
  bool served_ = false;
};

void exitWith42(int) { _exit(42); }
void exitWith43(int, siginfo_t* info, void*) { _exit(info->si_addr == nullptr ? 44 : 43); }

// Reserved memory that nobody serves.
std::byte* wild() { return static_cast<std::byte*>(mmap(nullptr, kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); }

}  // namespace

class NestedFaultTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void faultNamesPageAndAccess() {
    OpenedOnTouch memory(16);
    const auto faults = *NestedFaults::install();
    faults->add(memory.at(0), memory.bytes(), memory);
    static_cast<void>(readAt(memory.at(3) + 100));
    writeAt(memory.at(15) + 4095, std::byte{1});
    writeAt(memory.at(3), std::byte{1});  // opened for reading only
    static_cast<void>(readAt(memory.at(0)));
    QCOMPARE(memory.seen(), std::size_t{4});
    QVERIFY((memory.fault(0) == OpenedOnTouch::Fault{3, Access::Read}));
    QVERIFY((memory.fault(1) == OpenedOnTouch::Fault{15, Access::Write}));
    QVERIFY((memory.fault(2) == OpenedOnTouch::Fault{3, Access::Write}));
    QVERIFY((memory.fault(3) == OpenedOnTouch::Fault{0, Access::Read}));
    QCOMPARE(faults->served(), 4u);
  }

  void everyRegionHasItsOwnHandler() {
    std::vector<std::unique_ptr<OpenedOnTouch>> all;
    const auto faults = *NestedFaults::install();
    for (std::size_t i = 0; i < 20; ++i) {
      all.push_back(std::make_unique<OpenedOnTouch>(4));
      faults->add(all.back()->at(0), all.back()->bytes(), *all.back());
    }
    for (std::size_t i = 0; i < 20; ++i) writeAt(all[i]->at(i % 4), std::byte{1});
    for (std::size_t i = 0; i < 20; ++i) {
      QCOMPARE(all[i]->seen(), std::size_t{1});
      QCOMPARE(all[i]->fault(0).page, i % 4);
    }
  }

  void errnoIsThatOfTheInterruptedCode() {
    OpenedOnTouch memory(1);
    const auto faults = *NestedFaults::install();
    faults->add(memory.at(0), memory.bytes(), memory);
    volatile int& error = errno;  // the compiler does not see that the access may change it
    error = EEXIST;
    static_cast<void>(readAt(memory.at(0)));
    QCOMPARE(int{error}, EEXIST);
  }

  void faultElsewhereEndsTheProcessAsIfWeWereNotThere() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("the sanitizer has a handler of its own");
#endif
    QCOMPARE(exitOf([] {
               OpenedOnTouch memory(1);
               const auto faults = *NestedFaults::install();
               faults->add(memory.at(0), memory.bytes(), memory);
               signal(SIGSEGV, SIG_DFL);  // Qt Test's own handler is not the subject
               static_cast<void>(readAt(wild()));
             }),
             -SIGSEGV);
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, SIG_DFL);
               const auto faults = *NestedFaults::install();
               static_cast<void>(readAt(wild()));
             }),
             -SIGSEGV);
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, SIG_IGN);
               const auto faults = *NestedFaults::install();
               static_cast<void>(readAt(wild()));
             }),
             -SIGSEGV);
  }

  void signalSentByAPersonEndsTheProcess() {
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, SIG_DFL);
               const auto faults = *NestedFaults::install();
               raise(SIGSEGV);
             }),
             -SIGSEGV);
  }

  void faultElsewhereGoesToTheHandlerThatWasThereBefore() {
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, exitWith42);
               const auto faults = *NestedFaults::install();
               static_cast<void>(readAt(wild()));
             }),
             42);
    QCOMPARE(exitOf([] {
               struct sigaction action = {};
               action.sa_sigaction = exitWith43;
               action.sa_flags = SA_SIGINFO;
               sigaction(SIGSEGV, &action, nullptr);
               const auto faults = *NestedFaults::install();
               static_cast<void>(readAt(wild()));
             }),
             43);
  }

  void handlerThatWasThereBeforeComesBack() {
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, exitWith42);
               { const auto faults = *NestedFaults::install(); }
               static_cast<void>(readAt(wild()));
             }),
             42);
  }

  void regionThatWasRemovedIsServedNoLonger() {
    QCOMPARE(exitOf([] {
               signal(SIGSEGV, exitWith42);
               OpenedOnTouch memory(2);
               const auto faults = *NestedFaults::install();
               faults->add(memory.at(0), memory.bytes(), memory);
               writeAt(memory.at(0), std::byte{1});
               faults->remove(memory.at(0));
               writeAt(memory.at(1), std::byte{1});
             }),
             42);
  }

  void faultWhileAFaultIsServedBreaksAnInvariant() {
    QCOMPARE(exitOf([] {
               TouchesAWindow memory(2);
               const auto faults = *NestedFaults::install();
               faults->add(memory.at(0), memory.bytes(), memory);
               static_cast<void>(readAt(memory.at(0)));
             }),
             kExitInvariantBroken);
  }

  void faultThatIsServedInVainEndsTheProcessInsteadOfComingBackForever() {
    QCOMPARE(exitOf([] {
               alarm(20);
               TakesAWriteForARead memory(1);
               const auto faults = *NestedFaults::install();
               faults->add(memory.at(0), memory.bytes(), memory);
               writeAt(memory.at(0), std::byte{1});
             }),
             kExitInvariantBroken);
  }

  void secondInstanceBreaksAnInvariant() {
    QCOMPARE(exitOf([] {
               const auto first = NestedFaults::install();
               const auto second = NestedFaults::install();
             }),
             kExitInvariantBroken);
  }

  void overlappingRegionsBreakAnInvariant() {
    QCOMPARE(exitOf([] {
               OpenedOnTouch memory(4);
               const auto faults = *NestedFaults::install();
               faults->add(memory.at(0), Bytes(2 * kPageSize), memory);
               faults->add(memory.at(1), Bytes(2 * kPageSize), memory);
             }),
             kExitInvariantBroken);
  }
};

OVERCOMMIT_TEST(NestedFaultTest)
#include "nested_fault_test.moc"

// SPDX-License-Identifier: GPL-2.0-or-later
// Nested faults against the least that the host can do: a SIGSEGV, an mmap of one page and the touch that is repeated.
#include <sys/mman.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/random.h"
#include "bench/paired.h"
#include "machine/guest_physical_memory.h"
#include "machine/nested_fault.h"

namespace {

using namespace overcommit;

constexpr std::uint64_t kGuestPages = 16'384;  // 64 MiB
constexpr std::uint64_t kTouchedPages = 4'096;
constexpr std::uint64_t kMachinePages = 32'768;

enum class Order { Ascending, Scattered };

std::vector<std::uint64_t> pagesIn(Order order) {
  std::vector<std::uint64_t> pages;
  for (std::uint64_t i = 0; i < kGuestPages; ++i) pages.push_back(i);
  Random random(1, "bench");
  if (order == Order::Scattered) {
    for (std::uint64_t i = kGuestPages - 1; i > 0; --i) std::swap(pages[i], pages[random.below(i + 1)]);
  }
  pages.resize(kTouchedPages);
  return pages;
}

void touch(std::byte* base, const std::vector<std::uint64_t>& pages) {
  for (const std::uint64_t page : pages) *static_cast<volatile std::byte*>(base + page * kPageSize) = std::byte{1};
}

// The floor: nothing is looked up, counted or remembered.
class Floor {
 public:
  explicit Floor(std::vector<std::uint64_t> pages) : pages_(std::move(pages)) {}

  double perTouch() {
    fd_ = memfd_create("floor", MFD_CLOEXEC);
    if (ftruncate(fd_, kMachinePages * kPageSize) != 0) std::abort();
    base_ = static_cast<std::byte*>(mmap(nullptr, kGuestPages * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    struct sigaction action = {}, previous = {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      const auto page = static_cast<std::uint64_t>(static_cast<std::byte*>(info->si_addr) - base_) >> kPageShift;
      mmap(base_ + page * kPageSize, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd_, static_cast<off_t>(page * kPageSize));
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, &previous);
    const double time = bench::nanosecondsOf([&] { touch(base_, pages_); });
    sigaction(SIGSEGV, &previous, nullptr);
    munmap(base_, kGuestPages * kPageSize);
    close(fd_);
    return time / static_cast<double>(pages_.size());
  }

 private:
  static inline std::byte* base_ = nullptr;
  static inline int fd_ = -1;
  std::vector<std::uint64_t> pages_;
};

// A VM of 64 MiB whose first touches get zeroed frames, as the pager gives them.
class FirstTouches final : NestedFaultHandler {
 public:
  explicit FirstTouches(std::vector<std::uint64_t> pages) : pages_(std::move(pages)) {}

  double perTouch() {
    MappingBudget budget(MappingBudget::systemLimit());
    machine_ = *MachineMemory::create(Pages(kMachinePages), FreedFrames::PunchOut);
    std::vector<Mfn> tables;
    for (std::uint64_t i = 0; i < NestedPageTable::tablesFor(Pages(kGuestPages)).value(); ++i)
      tables.push_back(*machine_->takeOverhead(VmId(0)));
    GuestPhysicalMemory memory(*machine_, NestedPageTable(*machine_, Pages(kGuestPages), std::move(tables)),
                               *GuestWindows::create(*machine_, budget, Pages(kGuestPages), Pages(kGuestPages)));
    memory_ = &memory;
    const auto faults = *NestedFaults::install();
    faults->add(memory.windows()->ramBase(), bytesOf(Pages(kGuestPages)), *this);
    const double time = bench::nanosecondsOf([&] { touch(memory.windows()->ramBase(), pages_); });
    if (faults->served() != pages_.size()) std::abort();
    return time / static_cast<double>(pages_.size());
  }

  void onNestedFault(std::uint64_t page, Access access) override {
    const Gfn gfn(page);
    if (!memory_->entry(gfn).present()) memory_->set(gfn, NptEntry::privatePage(*machine_->takePrivate(VmId(0), gfn)));
    memory_->fillRam(gfn, access);
  }
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override { return memory_->windows()->ramIsOpen(Gfn(page), access); }

 private:
  std::vector<std::uint64_t> pages_;
  std::unique_ptr<MachineMemory> machine_;
  GuestPhysicalMemory* memory_ = nullptr;
};

void firstTouch(benchmark::State& state, Order order) {
  FirstTouches ours(pagesIn(order));
  Floor floor(pagesIn(order));
  bench::ratio(
      state, bench::atMost(1.3), [&] { return ours.perTouch(); }, [&] { return floor.perTouch(); });
}

BENCHMARK_CAPTURE(firstTouch, ascending, Order::Ascending)
    ->Name("nested fault, first touch, ascending / floor")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(firstTouch, scattered, Order::Scattered)
    ->Name("nested fault, first touch, scattered / floor")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// A full, fragmented host: the frame that is taken back is the only free one.
void takeAndReleaseOnAFullHost(benchmark::State& state) {
  const auto machine = *MachineMemory::create(Pages(static_cast<std::uint64_t>(state.range(0))), FreedFrames::PunchOut);
  std::vector<Mfn> all;
  while (const auto mfn = machine->takePrivate(VmId(static_cast<std::uint16_t>(all.size() % 8)), Gfn(all.size() * 7 % 40'000)))
    all.push_back(*mfn);
  Random random(1, "churn");
  for (auto _ : state) {
    Mfn& mfn = all[random.below(all.size())];
    machine->release(mfn);
    mfn = *machine->takePrivate(VmId(static_cast<std::uint16_t>(random.below(8))), Gfn(random.below(40'000)));
  }
}
BENCHMARK(takeAndReleaseOnAFullHost)->Name("take and release a frame on a full host")->Arg(4'096)->Arg(262'144);

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
// Page sharing against the least it can cost: bare XXH3 of the same pages, a fault with a copy, and the kernel's own scanner (ksmd).
#include <sys/mman.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "bench/paired.h"
#include "machine/nested_fault.h"
#include "reclaim/page_sharing.h"

namespace {

using namespace overcommit;

constexpr std::uint64_t kPages = 16'384;  // 64 MiB

enum class Windows { None, Mapped };
enum class Content { Unique, Pairs };

void fill(std::byte* page, std::uint64_t content) {
  for (std::size_t at = 0; at < kPageSize; at += 8) {
    const std::uint64_t word = content * 0x9e3779b97f4a7c15u + at;
    std::memcpy(page + at, &word, 8);
  }
}
std::uint64_t contentOf(Content content, std::uint64_t page) { return content == Content::Unique ? page : page / 2; }

// Every page once, in random order.
std::vector<std::uint64_t> shuffled() {
  std::vector<std::uint64_t> pages(kPages);
  for (std::uint64_t i = 0; i < kPages; ++i) pages[i] = i;
  Random random(1, "bench");
  for (std::uint64_t i = kPages - 1; i > 0; --i) std::swap(pages[i], pages[random.below(i + 1)]);
  return pages;
}

// A VM whose pages are all private, with or without windows where all are mapped for writing.
class OneVm final : NestedFaultHandler {
 public:
  OneVm(Windows windows, Content content) {
    std::vector<Mfn> table, nested;
    while (Pages(table.size()) < ShareTable::framesFor(machine_->frames())) table.push_back(*machine_->takeOverhead(kNoVm));
    while (Pages(nested.size()) < NestedPageTable::tablesFor(Pages(kPages))) nested.push_back(*machine_->takeOverhead(VmId(0)));
    std::unique_ptr<GuestWindows> guestWindows;
    if (windows == Windows::Mapped) guestWindows = *GuestWindows::create(*machine_, budget_, Pages(kPages), Pages(512));
    vm_ = std::make_unique<VmMemory>(
        VmId(0), "vm", GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, Pages(kPages), nested), std::move(guestWindows)), clock_,
        SwapFile(*createPageFile("/tmp", "vm.vswp", Pages(1)), "vm.vswp", Pages(1)), Random(1, "victims"));
    pager_.add(*vm_);
    // The share table's own memory is there: it is touched for the first time once in a host's life, not once a scan.
    for (const Mfn mfn : table) std::memset(machine_->bytes(mfn).data(), 0, kPageSize);
    sharing_ =
        std::make_unique<PageSharing>(*machine_, log_, costs_, pager_, ShareTable(*machine_, std::move(table)),
                                      ShareSettings{FixedScanRate{0, 0}, {Pages(1), Bytes(kPageSize), 1}, Salting::Off, &hashOfPage});
    sharing_->add(*vm_, {}, Random(1, "sharing"));
    for (Gfn gfn; gfn.value() < kPages; gfn = gfn.next()) {
      pager_.resolve(*vm_, gfn, Access::Write);
      fill(bytes(gfn.value()).data(), contentOf(content, gfn.value()));
      if (windows == Windows::Mapped) vm_->guest.fillRam(gfn, Access::Write);
    }
  }

  double scan(const std::vector<std::uint64_t>& pages) {
    std::vector<Gfn> drawn;
    for (const std::uint64_t page : pages) drawn.emplace_back(page);
    return bench::nanosecondsOf([&] { sharing_->scanDrawn(*vm_, drawn, 0); });
  }
  double hash(const std::vector<std::uint64_t>& pages) {
    std::uint64_t sum = 0;
    const double time = bench::nanosecondsOf([&] {
      for (const std::uint64_t page : pages) sum ^= hashOfPage(bytes(page));
    });
    benchmark::DoNotOptimize(sum);
    return time;
  }
  // Writes to every page through the window: a nested fault each, which breaks.
  double breakAll(const std::vector<std::uint64_t>& pages) {
    const auto faults = *NestedFaults::install();
    std::byte* base = vm_->guest.windows()->ramBase();
    faults->add(base, bytesOf(Pages(kPages)), *this);
    const double time = bench::nanosecondsOf([&] {
      for (const std::uint64_t page : pages) *static_cast<volatile std::byte*>(base + page * kPageSize) = std::byte{1};
    });
    if (faults->served() < pages.size() / 2) std::abort();
    return time / static_cast<double>(faults->served());
  }
  // Pages that were mapped read-only, as they are while they are read.
  void readAll(const std::vector<std::uint64_t>& pages) {
    for (const std::uint64_t page : pages) vm_->guest.fillRam(Gfn(page), Access::Read);
  }
  [[nodiscard]] std::uint64_t shared() const { return vm_->guest.count(PagePlace::Shared).value(); }

  void onNestedFault(std::uint64_t page, Access access) override {
    const Gfn gfn(page);
    const NptEntry entry = vm_->guest.entry(gfn);
    if (access == Access::Write && entry.shared() && machine_->frame(entry.mfn()).references == 1) sharing_->sharedFrameGone(entry.mfn());
    pager_.resolve(*vm_, gfn, access);
    vm_->guest.fillRam(gfn, access);
  }
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override { return vm_->guest.windows()->ramIsOpen(Gfn(page), access); }

 private:
  [[nodiscard]] std::span<std::byte, kPageSize> bytes(std::uint64_t page) const {
    return machine_->bytes(vm_->guest.entry(Gfn(page)).mfn());
  }

  MappingBudget budget_{MappingBudget::systemLimit()};
  std::unique_ptr<MachineMemory> machine_ = *MachineMemory::create(Pages(kPages * 2), FreedFrames::PunchOut);
  EventLog log_;
  const Costs costs_ = defaultCosts();
  DiskQueue disk_{0};
  Pager pager_{{*machine_, log_, costs_, disk_},
               thresholdsFor(machine_->frames(), bytesOf(machine_->frames()), MinFreeScale::SixPercent, 0)};
  VmClock clock_{VirtualTime(0)};
  std::unique_ptr<VmMemory> vm_;
  std::unique_ptr<PageSharing> sharing_;
};

// ksmd on the same content, as fast as it goes; its settings are as before when this is gone.
class Ksm {
 public:
  static constexpr const char* kRoot = "/sys/kernel/mm/ksm/";
  [[nodiscard]] static bool available() { return std::ofstream(std::string(kRoot) + "run").good() && read("pages_shared") == 0; }

  Ksm() {
    for (const char* name : kSettings) before_[name] = read(name);
  }
  ~Ksm() {
    write("run", 2);  // take apart what is left
    for (const char* name : kSettings) write(name, before_[name]);
  }
  Ksm(const Ksm&) = delete;
  Ksm& operator=(const Ksm&) = delete;

  // Pages a second over passes that are long enough to be measured, of 64 MiB. Unique: a pass later than the first, so that checksums
  // are known and everything is looked up; pairs: until everything that can be is merged.
  static double pagesPerSecond(Content content) {
    auto* memory = static_cast<std::byte*>(mmap(nullptr, kPages * kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(memory, kPages * kPageSize, MADV_NOHUGEPAGE);
    for (std::uint64_t page = 0; page < kPages; ++page) fill(memory + page * kPageSize, contentOf(content, page));
    madvise(memory, kPages * kPageSize, MADV_MERGEABLE);
    write("smart_scan", 0);
    write("pages_to_scan", 4 * kPages);
    write("sleep_millisecs", 0);
    const std::uint64_t first = read("full_scans");
    write("run", 1);
    const std::uint64_t from = content == Content::Unique ? 2 : 0, to = content == Content::Unique ? 5 : 2;
    awaitScans(first + from);
    const auto start = std::chrono::steady_clock::now();
    awaitScans(first + to);
    const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write("run", 2);
    munmap(memory, kPages * kPageSize);
    write("run", 0);
    return static_cast<double>((to - from) * kPages) / time;
  }

 private:
  static constexpr std::array kSettings{"smart_scan", "pages_to_scan", "sleep_millisecs", "run"};
  static std::uint64_t read(const std::string& name) {
    std::uint64_t value = 0;
    std::ifstream(kRoot + name) >> value;
    return value;
  }
  static void write(const std::string& name, std::uint64_t value) { std::ofstream(kRoot + name) << value; }
  static void awaitScans(std::uint64_t scans) {
    while (read("full_scans") < scans) std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  std::map<std::string, std::uint64_t> before_;
};

void scanWithoutAMatch(benchmark::State& state) {
  OneVm vm(Windows::None, Content::Unique);
  const auto pages = shuffled();
  vm.scan(pages);
  // The speed of scanning over that of hashing: the time of hashing over that of scanning.
  bench::ratio(
      state, bench::atLeast(0.8), [&] { return vm.hash(pages); }, [&] { return vm.scan(pages); });
  if (vm.shared() != 0) std::abort();
}
BENCHMARK(scanWithoutAMatch)->Name("scan without a match / bare XXH3 of the same pages")->Iterations(1)->Unit(benchmark::kMillisecond);

// The first scan of a page leaves a hint.
void firstScan(benchmark::State& state) {
  const auto pages = shuffled();
  bench::ratio(
      state, bench::atLeast(0.8),
      [&] {
        OneVm vm(Windows::None, Content::Unique);
        return vm.hash(pages);
      },
      [&] {
        OneVm vm(Windows::None, Content::Unique);
        return vm.scan(pages);
      },
      7);
}
BENCHMARK(firstScan)->Name("first scan, hints left / bare XXH3")->Iterations(1)->Unit(benchmark::kMillisecond);

void againstKsm(benchmark::State& state, Windows windows, Content content, double target) {
  const auto pages = shuffled();
  const bool ksm = Ksm::available();
  if (!ksm) {
    for (auto _ : state) {
      OneVm vm(windows, content);
      if (content == Content::Unique) vm.scan(pages);
      state.counters["pages_per_second"] = kPages * 1e9 / vm.scan(pages);
    }
    state.SetLabel("ratio to ksmd not measured: /sys/kernel/mm/ksm is not there, not writable, or in use");
    return;
  }
  const Ksm restored;
  // As times of a page: theirs over ours is our speed over theirs.
  bench::ratio(
      state, bench::atLeast(target), [&] { return 1e9 / Ksm::pagesPerSecond(content); },
      [&] {
        OneVm vm(windows, content);
        if (content == Content::Unique) vm.scan(pages);
        const double time = vm.scan(pages) / kPages;
        if (content == Content::Pairs && vm.shared() != kPages) std::abort();
        return time;
      },
      5);
}
BENCHMARK_CAPTURE(againstKsm, unique, Windows::None, Content::Unique, 8.0)
    ->Name("scan without a match / ksmd")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(againstKsm, pairs, Windows::None, Content::Pairs, 8.0)
    ->Name("scan and share, VM without a CPU / ksmd")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(againstKsm, mapped, Windows::Mapped, Content::Pairs, 2.0)
    ->Name("scan and share, mapped in windows / ksmd")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The least that sharing pairs can cost, by hand: each page is hashed, each second one compared with its pair, and of pages that are
// mapped in a window each loses a right by one mprotect: one its frame, the other the right to be written to.
class ShareFloor {
 public:
  explicit ShareFloor(Windows windows) : windows_(windows) {
    const int fd = memfd_create("floor", MFD_CLOEXEC);
    if (ftruncate(fd, kPages * kPageSize) != 0) std::abort();
    const auto map = [fd] { return static_cast<std::byte*>(mmap(nullptr, kPages * kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)); };
    flat_ = map();
    for (std::uint64_t page = 0; page < kPages; ++page) fill(flat_ + page * kPageSize, contentOf(Content::Pairs, page));
    window_ = map();
    for (std::uint64_t page = 0; page < kPages; ++page)
      *static_cast<volatile std::byte*>(window_ + page * kPageSize) = flat_[page * kPageSize];
    close(fd);
  }
  ~ShareFloor() {
    munmap(window_, kPages * kPageSize);
    munmap(flat_, kPages * kPageSize);
  }
  ShareFloor(const ShareFloor&) = delete;
  ShareFloor& operator=(const ShareFloor&) = delete;

  double share(const std::vector<std::uint64_t>& pages) {
    std::vector<bool> seen(kPages / 2);
    std::uint64_t sum = 0;
    return bench::nanosecondsOf([&] {
      for (const std::uint64_t page : pages) {
        const std::byte* bytes = flat_ + page * kPageSize;
        sum ^= hashOfPage(std::span<const std::byte, kPageSize>(bytes, kPageSize));
        if (!seen[page / 2]) {
          seen[page / 2] = true;
          continue;
        }
        if (std::memcmp(bytes, flat_ + (page ^ 1) * kPageSize, kPageSize) != 0) std::abort();
        if (windows_ == Windows::None) continue;
        mprotect(window_ + page * kPageSize, kPageSize, PROT_NONE);
        mprotect(window_ + (page ^ 1) * kPageSize, kPageSize, PROT_READ);
      }
      benchmark::DoNotOptimize(sum);
    });
  }

 private:
  Windows windows_;
  std::byte *flat_ = nullptr, *window_ = nullptr;
};

void againstParts(benchmark::State& state, Windows windows, double target) {
  const auto pages = shuffled();
  bench::ratio(
      state, bench::atMost(target),
      [&] {
        OneVm vm(windows, Content::Pairs);
        return vm.scan(pages);
      },
      [&] { return ShareFloor(windows).share(pages); }, 7);
}
BENCHMARK_CAPTURE(againstParts, scripts, Windows::None, 2.0)
    ->Name("scan and share, VM without a CPU / hash and compare")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(againstParts, mapped, Windows::Mapped, 1.3)
    ->Name("scan and share, mapped / hash, compare, mprotect")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The floor of a break: the fault, the copy and the mapping of another page.
class BreakFloor {
 public:
  double perBreak(const std::vector<std::uint64_t>& pages) {
    const int fd = memfd_create("floor", MFD_CLOEXEC);
    if (ftruncate(fd, 2 * kPages * kPageSize) != 0) std::abort();
    fd_ = fd;
    flat_ = static_cast<std::byte*>(mmap(nullptr, 2 * kPages * kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    std::memset(flat_, 1, kPages * kPageSize);
    base_ = static_cast<std::byte*>(mmap(nullptr, kPages * kPageSize, PROT_READ, MAP_SHARED, fd, 0));
    std::byte sum{};
    for (std::uint64_t page = 0; page < kPages; ++page) sum |= *static_cast<volatile std::byte*>(base_ + page * kPageSize);
    benchmark::DoNotOptimize(sum);
    struct sigaction action = {}, previous = {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      const auto page = static_cast<std::uint64_t>(static_cast<std::byte*>(info->si_addr) - base_) >> kPageShift;
      std::memcpy(flat_ + (kPages + page) * kPageSize, flat_ + page * kPageSize, kPageSize);
      mmap(base_ + page * kPageSize, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd_,
           static_cast<off_t>((kPages + page) * kPageSize));
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, &previous);
    const double time = bench::nanosecondsOf([&] {
      for (const std::uint64_t page : pages) *static_cast<volatile std::byte*>(base_ + page * kPageSize) = std::byte{1};
    });
    sigaction(SIGSEGV, &previous, nullptr);
    munmap(base_, kPages * kPageSize);
    munmap(flat_, 2 * kPages * kPageSize);
    close(fd);
    return time / static_cast<double>(pages.size());
  }

 private:
  static inline std::byte *base_ = nullptr, *flat_ = nullptr;
  static inline int fd_ = -1;
};

void breakShared(benchmark::State& state) {
  auto pages = shuffled();
  std::vector<std::uint64_t> half;  // one of each pair, so that each write is a break and none reverts
  for (const std::uint64_t page : pages) {
    if (page % 2 == 0) half.push_back(page);
  }
  half.resize(4'096);
  bench::ratio(
      state, bench::atMost(1.3),
      [&] {
        OneVm vm(Windows::Mapped, Content::Pairs);
        vm.scan(pages);
        vm.readAll(half);
        return vm.breakAll(half);
      },
      [&] { return BreakFloor().perBreak(half); }, 7);
}
BENCHMARK(breakShared)->Name("break of a shared page / floor")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

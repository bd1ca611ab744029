// SPDX-License-Identifier: GPL-2.0-or-later
// The whole engine: what swapping, tracing, the watchdog and many VMs cost.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "abi/overcommit_abi.h"
#include "base/hash.h"
#include "bench/paired.h"
#include "host/vm_on.h"
#include "machine/resident_set.h"
#include "scenario/scenario_run.h"
#include "trace/trace_writer.h"

namespace {

using namespace overcommit;

const std::filesystem::path kSource = OVERCOMMIT_SOURCE_DIR;
const std::filesystem::path kScratch = "/var/tmp";

HostSurroundings surroundings() { return {kSource / "guests/prebuilt/overcommit-guest.elf", kScratch, std::nullopt, nullptr}; }

[[noreturn]] void giveUp(const Error& error) {
  std::fprintf(stderr, "bench: %s\n", error.text.c_str());
  std::exit(1);
}

Scenario shipped(const std::string& name) {
  auto scenario = loadScenario(kSource / "labs/scenarios" / (name + ".toml"));
  if (!scenario) giveUp(scenario.error());
  return std::move(*scenario);
}

struct RunFigures {
  double nanoseconds = 0;
  std::uint64_t events = 0, operations = 0, traceBytes = 0, mappings = 0;
};

// Runs a scenario from power-on to its end; only the running is timed.
RunFigures run(Scenario scenario, const char* tracePath) {
  EventLog log;
  auto created = ScenarioRun::create(std::move(scenario), surroundings(), log);
  if (!created) giveUp(created.error());
  ScenarioRun& run = **created;
  std::unique_ptr<TraceWriter> writer;
  if (tracePath != nullptr) {
    auto made = TraceWriter::create(tracePath, run.host().traceHeader(run.scenario().text, run.scenario().fileName));
    if (!made) giveUp(made.error());
    writer = std::move(*made);
    log.addListener(*writer);
  }
  RunFigures figures;
  figures.nanoseconds = bench::nanosecondsOf([&] {
    if (auto started = run.start(); !started) giveUp(started.error());
    if (auto ran = run.advance(run.scenario().config.duration); !ran) giveUp(ran.error());
    if (writer) writer->finish(log.digest());
  });
  figures.events = log.recorded();
  for (const auto& vm : run.host().vms()) figures.operations += vm->meter().operations();
  if (writer) figures.traceBytes = writer->bytesWritten();
  return figures;
}

Scenario shortened(const std::string& name, VirtualTime duration) {
  Scenario scenario = shipped(name);
  scenario.config.duration = std::min(scenario.config.duration, duration);
  scenario.expectations.clear();
  std::erase_if(scenario.config.actions, [&](const TimedAction& action) { return action.time >= scenario.config.duration; });
  std::erase_if(scenario.config.marks, [&](const TimedMark& mark) { return mark.time >= scenario.config.duration; });
  return scenario;
}

std::vector<std::string> shippedNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "labs/scenarios")) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// --- swap out and in -------------------------------------------------------------------------------------------------------------

constexpr std::uint64_t kSwapPages = 1'024;

// A VM of 16 MiB with windows; every page is swapped out and touched again.
class Swapping {
 public:
  Swapping()
      : machine_(*MachineMemory::create(Pages(16'384), FreedFrames::PunchOut)),
        budget_(MappingBudget::systemLimit()),
        faults_(*NestedFaults::install()),
        costs_(defaultCosts()),
        disk_(0),
        pager_({*machine_, log_, costs_, disk_}, FreeStateThresholds{}),
        scratch_(*machine_->takeOverhead(kNoVm)),
        clock_(VirtualTime(0)) {
    std::vector<Mfn> tables;
    for (std::uint64_t i = 0; i < NestedPageTable::tablesFor(kMemory).value(); ++i) tables.push_back(*machine_->takeOverhead(VmId(0)));
    vm_ =
        std::make_unique<VmMemory>(VmId(0), "vm",
                                   GuestPhysicalMemory(*machine_, NestedPageTable(*machine_, kMemory, tables),
                                                       *GuestWindows::create(*machine_, budget_, kMemory, Pages(1))),
                                   clock_, SwapFile(*createPageFile(kScratch, "vm.vswp", kMemory), "vm.vswp", kMemory), Random(1, "bench"));
    pager_.add(*vm_);
    handler_ = std::make_unique<RamWindowFaults>(*vm_, pager_, scratch_);
    base_ = vm_->guest.windows()->ramBase();
    faults_->add(base_, bytesOf(kMemory), *handler_);
    for (std::uint64_t page = 0; page < kSwapPages; ++page) store(page);
  }

  double perPage() {
    const double time = bench::nanosecondsOf([&] {
      for (std::uint64_t page = 0; page < kSwapPages; ++page) {
        const auto result = pager_.swapOut(*vm_, Gfn(page), 0);
        if (result != SwapOutResult::Done && result != SwapOutResult::NotACandidate) std::abort();
      }
      for (std::uint64_t page = 0; page < kSwapPages; ++page) store(page);
    });
    return time / kSwapPages;
  }

 private:
  static constexpr Pages kMemory{4'096};
  void store(std::uint64_t page) { *reinterpret_cast<volatile std::uint64_t*>(base_ + page * kPageSize) = page; }

  std::unique_ptr<MachineMemory> machine_;
  MappingBudget budget_;
  std::unique_ptr<NestedFaults> faults_;
  EventLog log_;
  Costs costs_;
  DiskQueue disk_;
  Pager pager_;
  Mfn scratch_;
  VmClock clock_;
  std::unique_ptr<VmMemory> vm_;
  std::unique_ptr<RamWindowFaults> handler_;
  std::byte* base_ = nullptr;
};

// The same by hand: pwrite and a hash and mprotect out; SIGSEGV, pread, a hash, mmap and the touch in.
class SwapFloor {
 public:
  SwapFloor() {
    fd_ = memfd_create("floor", MFD_CLOEXEC);
    file_ = ::open(kScratch.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ < 0 || file_ < 0 || ftruncate(fd_, 2 * kSwapPages * kPageSize) != 0 || ftruncate(file_, 4'096 * kPageSize) != 0) std::abort();
    flat_ = static_cast<std::byte*>(mmap(nullptr, 2 * kSwapPages * kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    base_ = static_cast<std::byte*>(mmap(nullptr, kSwapPages * kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    for (std::uint64_t page = 0; page < kSwapPages; ++page) store(page);
  }
  ~SwapFloor() {
    munmap(base_, kSwapPages * kPageSize);
    munmap(flat_, 2 * kSwapPages * kPageSize);
    close(fd_);
    close(file_);
  }
  SwapFloor(const SwapFloor&) = delete;
  SwapFloor& operator=(const SwapFloor&) = delete;

  double perPage() {
    struct sigaction action = {}, previous = {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      const auto page = static_cast<std::uint64_t>(static_cast<std::byte*>(info->si_addr) - base_) >> kPageShift;
      // Comes back in another frame, as it would on a host that is short of them.
      const std::uint64_t frame = page + (half_ ? kSwapPages : 0);
      std::byte* bytes = flat_ + frame * kPageSize;
      if (pread(file_, bytes, kPageSize, static_cast<off_t>(page * kPageSize)) != static_cast<ssize_t>(kPageSize)) std::abort();
      benchmark::DoNotOptimize(hash64({bytes, kPageSize}));
      mmap(base_ + page * kPageSize, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd_, static_cast<off_t>(frame * kPageSize));
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, &previous);
    const double time = bench::nanosecondsOf([&] {
      for (std::uint64_t page = 0; page < kSwapPages; ++page) {
        const std::byte* bytes = flat_ + (page + (half_ ? kSwapPages : 0)) * kPageSize;
        if (pwrite(file_, bytes, kPageSize, static_cast<off_t>(page * kPageSize)) != static_cast<ssize_t>(kPageSize)) std::abort();
        benchmark::DoNotOptimize(hash64({bytes, kPageSize}));
        mprotect(base_ + page * kPageSize, kPageSize, PROT_NONE);
      }
      half_ = !half_;
      for (std::uint64_t page = 0; page < kSwapPages; ++page) store(page);
    });
    sigaction(SIGSEGV, &previous, nullptr);
    return time / kSwapPages;
  }

 private:
  static void store(std::uint64_t page) { *reinterpret_cast<volatile std::uint64_t*>(base_ + page * kPageSize) = page; }
  static inline std::byte *flat_ = nullptr, *base_ = nullptr;
  static inline int fd_ = -1, file_ = -1;
  static inline bool half_ = false;
};

void swapOutAndIn(benchmark::State& state) {
  SwapFloor floor;
  Swapping ours;
  bench::ratio(
      state, bench::atMost(1.4), [&] { return ours.perPage(); }, [&] { return floor.perPage(); });
}

// --- traces ----------------------------------------------------------------------------------------------------------------------

void runningWithATrace(benchmark::State& state) {
  const std::string path = (kScratch / ("overcommit-bench-" + std::to_string(getpid()) + ".octrace")).string();
  const Scenario scenario = shortened("demo", seconds(5));
  bench::ratio(
      state, bench::atMost(1.05), [&] { return run(scenario, path.c_str()).nanoseconds; },
      [&] { return run(scenario, nullptr).nanoseconds; });
  std::filesystem::remove(path);
}

void bytesAnEvent(benchmark::State& state) {
  const std::string path = (kScratch / ("overcommit-bench-" + std::to_string(getpid()) + ".octrace")).string();
  std::uint64_t bytes = 0, events = 0;
  for (auto _ : state) {
    for (const std::string& name : shippedNames()) {
      const RunFigures figures = run(shipped(name), path.c_str());
      bytes += figures.traceBytes;
      events += figures.events;
    }
  }
  bench::figure(state, bench::atMost(8), static_cast<double>(bytes) / static_cast<double>(events));
  state.SetLabel("bytes");
  std::filesystem::remove(path);
}

// --- many VMs --------------------------------------------------------------------------------------------------------------------

// Wall time an operation, once everything is touched: what grows with the number of VMs is the engine's own. With many operations a
// quantum the ratio is that of the engine's bookkeeping; with one, every operation begins with the cold caches of another emulator.
double perOperation(std::size_t vms, VirtualTime work) {
  Scenario scenario;
  RunConfig& config = scenario.config;
  config.title = "many VMs";
  config.duration = seconds(1000);
  config.host.memory = Pages(64 * 8 * 256);
  config.host.represents = bytesOf(config.host.memory);
  config.host.quantum = milliseconds(10);
  for (std::size_t i = 0; i < vms; ++i) {
    VmConfig vm;
    vm.name = "vm" + std::to_string(i);
    vm.memory = Pages(8 * 256);
    vm.shares = 80;
    vm.program = "toucher";
    vm.arguments = {{"working_set", std::uint64_t{256} << 10}, {"op_work", work.value()}};
    vm.image = {"linux-a", "", Bytes(std::uint64_t{16} << 20)};
    vm.start = VirtualTime(0);
    vm.balloon = false;
    config.vms.push_back(vm);
  }
  EventLog log;
  auto created = ScenarioRun::create(std::move(scenario), surroundings(), log);
  if (!created) giveUp(created.error());
  ScenarioRun& run = **created;
  if (auto started = run.start(); !started) giveUp(started.error());
  const auto operations = [&] {
    std::uint64_t done = 0;
    for (const auto& vm : run.host().vms()) done += vm->meter().operations();
    return done;
  };
  constexpr std::uint64_t kOperations = 64 * 200;
  constexpr VirtualTime kWarmUp = milliseconds(100);
  if (auto ran = run.advance(kWarmUp); !ran) giveUp(ran.error());
  const std::uint64_t before = operations();
  // The same number of operations for any number of VMs, so that caches of the host are as warm.
  const VirtualTime until = kWarmUp + work * (std::max<std::uint64_t>(kOperations / vms, 1));
  const double time = bench::nanosecondsOf([&] {
    if (auto ran = run.advance(until); !ran) giveUp(ran.error());
  });
  return time / static_cast<double>(operations() - before);
}

void sixtyFourVms(benchmark::State& state) {
  bench::ratio(
      state, bench::atMost(1.2), [] { return perOperation(64, microseconds(100)); }, [] { return perOperation(1, microseconds(100)); });
}

void sixtyFourVmsTakingTurns(benchmark::State& state) {
  double many = 0, one = 0;
  for (auto _ : state) {
    many = perOperation(64, milliseconds(10));
    one = perOperation(1, milliseconds(10));
  }
  bench::figure(state, bench::atMost(3), many / one);
  state.SetLabel("times one VM's");
}

// --- the watchdog over all programs ------------------------------------------------------------------------------------------------

void watchdogOverPrograms(benchmark::State& state) {
  std::vector<std::string> programs;
#define OC_PROGRAM(symbol, name, meaning) programs.emplace_back(name);
#define OC_ARGUMENT(program, argument, unit, value, meaning)
#include "abi/programs.inc"
#undef OC_PROGRAM
#undef OC_ARGUMENT
  double logarithms = 0;
  for (auto _ : state) {
    for (const std::string& program : programs) {
      std::vector<double> ratios;
      Scenario scenario = shortened(program, seconds(5));
      for (int pair = 0; pair < bench::kPairs; ++pair) {
        Scenario on = scenario, off = scenario;
        off.config.watchdog = false;
        const bool onFirst = pair % 2 == 0;
        const double first = run(onFirst ? on : off, nullptr).nanoseconds;
        const double second = run(onFirst ? off : on, nullptr).nanoseconds;
        ratios.push_back(onFirst ? second / first : first / second);
      }
      std::sort(ratios.begin(), ratios.end());
      logarithms += std::log(ratios[ratios.size() / 2]);
    }
  }
  bench::figure(state, bench::atLeast(0.85), std::exp(logarithms / static_cast<double>(programs.size())));
  state.SetLabel("of the speed without");
}

// --- goals -------------------------------------------------------------------------------------------------------------------------

void theDemo(benchmark::State& state) {
  double time = 0;
  for (auto _ : state) time = run(shipped("demo"), nullptr).nanoseconds;
  bench::figure(state, bench::atMost(10), time / 1e9);
  state.SetLabel("s");
}

Scenario oneVm(std::size_t vms) {
  Scenario scenario = shipped("demo");
  scenario.expectations.clear();
  scenario.config.actions.clear();
  scenario.config.marks.clear();
  VmConfig vm = scenario.config.vms.front();
  scenario.config.vms.clear();
  for (std::size_t i = 0; i < vms; ++i) {
    vm.name = "web" + std::to_string(i);
    scenario.config.vms.push_back(vm);
  }
  scenario.config.duration = seconds(10);
  scenario.config.host.memory = Pages(256 * 1024);
  return scenario;
}

// Of a guest whose first instruction ends it; what comes after that is measured too.
void toTheFirstInstruction(benchmark::State& state) {
  Scenario scenario = oneVm(1);
  VmConfig& vm = scenario.config.vms.front();
  vm.program.clear();
  vm.arguments.clear();
  vm.kernelPath = kSource / "guests/prebuilt/hostile/halt_at_once.elf";
  std::vector<double> times;
  for (auto _ : state) {
    for (int i = 0; i < bench::kPairs; ++i) {
      EventLog log;
      times.push_back(bench::nanosecondsOf([&] {
        auto created = ScenarioRun::create(scenario, surroundings(), log);
        if (!created) giveUp(created.error());
        if (auto started = (*created)->start(); !started) giveUp(started.error());
        if (auto ran = (*created)->advance(VirtualTime(1)); !ran) giveUp(ran.error());
      }));
    }
  }
  std::sort(times.begin(), times.end());
  bench::figure(state, bench::atMost(50), times[times.size() / 2] / 1e6);
  state.SetLabel("ms");
}

// What a VM of 64 MiB costs the engine beside its guest's memory, which is the machine's.
void residentPerVm(benchmark::State& state) {
  constexpr std::size_t kMany = 16;
  const auto residentWith = [](std::size_t vms) {
    EventLog log;
    auto created = ScenarioRun::create(oneVm(vms), surroundings(), log);
    if (!created) giveUp(created.error());
    if (auto started = (*created)->start(); !started) giveUp(started.error());
    if (auto ran = (*created)->advance(seconds(5)); !ran) giveUp(ran.error());
    return static_cast<double>(residentSet().value());
  };
  double one = 0, many = 0;
  for (auto _ : state) {
    one = residentWith(1);
    many = residentWith(kMany);
  }
  bench::figure(state, bench::atMost(8), (many - one) / (kMany - 1) / (1 << 20));
  state.SetLabel("MiB");
}

}  // namespace

BENCHMARK(swapOutAndIn)->Name("swap a page out and in / its parts")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(runningWithATrace)->Name("running with a trace / without")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(bytesAnEvent)->Name("trace on disk, an event")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(sixtyFourVms)->Name("an operation with 64 VMs / with one")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(sixtyFourVmsTakingTurns)->Name("an operation with 64 VMs, one a turn")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(watchdogOverPrograms)->Name("watchdog on, all programs")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(theDemo)->Name("the demo, 60 virtual seconds")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(toTheFirstInstruction)->Name("engine start to the first guest instruction")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(residentPerVm)->Name("engine memory a VM")->Iterations(1)->Unit(benchmark::kMillisecond);

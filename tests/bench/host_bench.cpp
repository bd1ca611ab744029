// SPDX-License-Identifier: GPL-2.0-or-later
// Whole hosts short of memory, with every technique at work: how long a run takes, and what the process needs meanwhile.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "bench/paired.h"
#include "host/virtual_machine.h"
#include "reclaim/page_sharing.h"
#include "scenario/scenario_run.h"

namespace {

using namespace overcommit;

const std::filesystem::path kSource = OVERCOMMIT_SOURCE_DIR;

HostSurroundings surroundings() { return {kSource / "guests/prebuilt/overcommit-guest.elf", "/var/tmp", std::nullopt, nullptr}; }

[[noreturn]] void giveUp(const Error& error) {
  std::fprintf(stderr, "bench: %s\n", error.text.c_str());
  std::exit(1);
}

// What the process holds by the kernel's own account, pages shared with others in proportion; 0 where the kernel does not tell.
Bytes proportionalSet() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  while (file >> word) {
    std::uint64_t kibibytes = 0;
    if (word == "Pss:" && file >> kibibytes) return Bytes(kibibytes * 1024);
  }
  return Bytes(0);
}

struct RunFigures {
  double seconds = 0;
  std::uint64_t events = 0, nestedFaults = 0, shares = 0, zips = 0, swapOuts = 0, ballooned = 0;
  Pages saving;
  double mostPss = 0;  // of the host's memory
};

// Runs from power-on to the end; looks at the process's memory a hundred times on the way.
RunFigures run(RunConfig config) {
  constexpr std::uint64_t kLooks = 100;
  RunFigures figures;
  EventLog log;
  Scenario scenario;
  scenario.config = std::move(config);
  const VirtualTime duration = scenario.config.duration;
  const auto memory = static_cast<double>(bytesOf(scenario.config.host.memory).value());
  auto created = ScenarioRun::create(std::move(scenario), surroundings(), log);
  if (!created) giveUp(created.error());
  ScenarioRun& run = **created;
  figures.seconds = bench::nanosecondsOf([&] {
                      if (auto started = run.start(); !started) giveUp(started.error());
                    }) /
                    1e9;
  for (std::uint64_t look = 1; look <= kLooks; ++look) {
    figures.seconds += bench::nanosecondsOf([&] {
                         if (auto ran = run.advance(duration / kLooks * look); !ran) giveUp(ran.error());
                       }) /
                       1e9;
    figures.mostPss = std::max(figures.mostPss, static_cast<double>(proportionalSet().value()) / memory);
  }
  figures.events = log.recorded();
  figures.shares = run.host().sharing().counters().shared;
  figures.saving = run.host().sharing().savings().saving();
  for (const auto& vm : run.host().vms()) {
    figures.nestedFaults += vm->counters().nestedFaults();
    figures.zips += vm->counters().zips;
    figures.swapOuts += vm->counters().swapOuts;
    figures.ballooned += vm->counters().inflates;
  }
  return figures;
}

void report(benchmark::State& state, const RunFigures& figures) {
  state.counters["events"] = static_cast<double>(figures.events);
  state.counters["nested_faults"] = static_cast<double>(figures.nestedFaults);
  state.counters["shares"] = static_cast<double>(figures.shares);
  state.counters["zips"] = static_cast<double>(figures.zips);
  state.counters["swap_outs"] = static_cast<double>(figures.swapOuts);
  state.counters["inflates"] = static_cast<double>(figures.ballooned);
  state.counters["saved_pages"] = static_cast<double>(figures.saving.value());
  state.counters["most_pss"] = figures.mostPss;
}

// W02's experiment with growing numbers of identical VMs at its largest, as published: ten VMs of 40 MB with the same image for half an
// hour, at the vintage's rates. Memory is ample, so that page sharing alone is at work.
RunConfig tenIdenticalVms() {
  RunConfig config;
  config.title = "E2: ten identical VMs";
  config.duration = seconds(30 * 60);
  config.host.memory = Pages(512 * 256);
  config.host.represents = bytesOf(config.host.memory);
  config.host.quantum = milliseconds(100);
  config.host.profile = "esx2";
  for (int i = 0; i < 10; ++i) {
    VmConfig vm;
    vm.name = "linux" + std::to_string(i);
    vm.memory = Pages(40 * 256);
    vm.shares = 400;
    vm.program = "desktop";
    vm.arguments = {{"think", milliseconds(100).value()}};
    vm.image = {"linux-a", "", Bytes(std::uint64_t{64} << 20)};
    vm.guestSwap = Pages(40 * 256);
    vm.start = VirtualTime(0);
    config.vms.push_back(vm);
  }
  return config;
}

// A host of 4 GiB with twice its memory in VMs without a CPU, which fill it and then touch it by popularity: a third of all pages is equal
// everywhere, of the others half are text. Balloons are the one technique that scripts cannot have: a driver needs a guest.
RunConfig thirtyTwoScripts() {
  RunConfig config;
  config.title = "32 VMs without a CPU";
  config.duration = seconds(10 * 60);
  config.backend = Backend::Script;
  config.host.memory = Pages(4096 * 256);
  config.host.represents = bytesOf(config.host.memory);
  config.host.timeScale = 60;
  config.host.options["ShareForceSalting"] = 0;
  config.disk.serviceTime = microseconds(500);
  for (int i = 0; i < 32; ++i) {
    VmConfig vm;
    vm.name = "vm" + std::to_string(i);
    vm.memory = Pages(256 * 256);
    vm.shares = 2560;
    vm.generator = "zipf";
    vm.arguments = {{"touches", 16}, {"write", 300}, {"same", 333}, {"text", 500}, {"work", milliseconds(100).value()}};
    vm.start = seconds(2) * static_cast<std::uint64_t>(i);
    vm.balloon = false;
    config.vms.push_back(vm);
  }
  return config;
}

// Each host runs once; both of its figures come from that run.
const RunFigures& figuresOf(RunConfig (*config)()) {
  static std::map<RunConfig (*)(), RunFigures> done;
  const auto known = done.find(config);
  return known != done.end() ? known->second : done[config] = run(config());
}

void wallTimeOf(benchmark::State& state, RunConfig (*config)(), double goal) {
  for (auto _ : state) figuresOf(config);
  bench::figure(state, bench::atMost(goal), figuresOf(config).seconds);
  report(state, figuresOf(config));
  state.SetLabel("s");
}

void memoryOf(benchmark::State& state, RunConfig (*config)()) {
  for (auto _ : state) figuresOf(config);
  bench::figure(state, bench::atMost(1.15), figuresOf(config).mostPss);
  state.SetLabel("of its memory");
}

BENCHMARK_CAPTURE(wallTimeOf, desktops, &tenIdenticalVms, 20.0)
    ->Name("E2: ten identical VMs, 30 virtual minutes")
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(wallTimeOf, scripts, &thirtyTwoScripts, 60.0)
    ->Name("32 VMs of 256 MiB on 4 GiB, 10 virtual minutes")
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(memoryOf, desktops, &tenIdenticalVms)->Name("E2: ten identical VMs, Pss of the engine")->Iterations(1);
BENCHMARK_CAPTURE(memoryOf, scripts, &thirtyTwoScripts)->Name("32 VMs of 256 MiB on 4 GiB, Pss of the engine")->Iterations(1);

}  // namespace

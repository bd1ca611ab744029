// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/host_options.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/nearest.h"

namespace overcommit {
namespace {

constexpr auto kActs = OptionUse::InEffect;
constexpr auto kKept = OptionUse::AcceptedOnly;

constexpr std::array kOptions{
    HostOption{"AllocGuestLargePage", 1, 0, 1, kActs,
               "back guests with 2 MiB pages; unless it is set here, only VMs of 64 MiB and more, on a host that represents itself"},
    HostOption{"BalancePeriod", 15, 1, 3600, kActs, "seconds between two computations of the VMs' targets"},
    HostOption{"CtlMaxPercent", 65, 0, 99, kActs, "most of a VM's memory that the balloon may take, in %; 0: no ballooning"},
    HostOption{"GateBalloon", 1, 0, 1, kActs, "of this engine: 0 locks ballooning shut, as if balloon were false for every VM"},
    HostOption{"GateShare", 1, 0, 1, kActs, "of this engine: 0 locks page sharing shut, as if sharing were false for every VM"},
    HostOption{"GateSwap", 1, 0, 1, kActs, "of this engine: 0 locks the swap files shut: no page is written to them, all are read back"},
    HostOption{"GateZip", 1, 0, 1, kActs, "of this engine: 0 locks the compression cache shut: no page goes in, all come out"},
    HostOption{"IdleTax", 75, 0, 99, kActs, "idle memory tax, in %"},
    HostOption{"IdleTaxType", 1, 0, 1, kActs, "0: flat tax, 1: the rate grows with the idle share"},
    HostOption{"LPageAlwaysTryForNPT", 1, 0, 1, kActs,
               "try large pages with hardware nested paging; 0: only where the guest maps large pages itself, which none here does"},
    HostOption{"LPageDefragEnable", 1, 0, 1, kKept, "collect free frames into large pages"},
    HostOption{"LPageMarkLowNodes", 1, 0, 1, kKept, "remember NUMA nodes without large pages"},
    HostOption{"MaxSharedPages", 512, 0, 512, kKept, "shared pages of a 2 MiB region that may be unshared to rebuild a large page"},
    HostOption{"MaxSwappedPagesInitVal", 10, 0, 512, kKept,
               "swapped pages of a 2 MiB region that may be read back to rebuild a large page"},
    HostOption{"MemDefragClientsPerDir", 2, 0, 1024, kKept, "VMs defragmented at a time"},
    HostOption{"MemEagerZero", 0, 0, 1, kKept, "clear frames when they are freed"},
    HostOption{"MemMaxResvThreshold", 16384, 0, 1048576, kKept, "reservation threshold, in MB"},
    HostOption{"MemMinFreePct", 0, 0, 50, kActs, "minimum free memory in %; 0: by the sliding scale"},
    HostOption{"MemZipEnable", 1, 0, 1, kActs, "memory compression"},
    HostOption{"MemZipMaxAllocPct", 50, 5, 100, kActs, "largest compression cache, in % of a VM's allocated memory"},
    HostOption{"MemZipMaxPct", 10, 5, 100, kActs, "largest compression cache, in % of a VM's configured memory"},
    HostOption{"MinFreeHighPct", 100, 100, 1000, kActs,
               "of this engine: the high threshold, in % of minimum free memory; 400 where there is a clear state"},
    HostOption{"SampleActivePctMin", 1, 0, 10, kActs, "least estimate of active memory, in %"},
    HostOption{"SampleDirtiedPctMin", 0, 0, 10, kKept, "least estimate of written memory, in %"},
    HostOption{"SamplePeriod", 60, 1, 3600, kActs, "seconds of VM time in which 100 pages are sampled"},
    HostOption{"ShareForceSalting", 2, 0, 2, kActs,
               "0: all VMs share; 1: VMs of equal salt share; 2: only within a VM unless salts are set"},
    HostOption{"ShareRateMax", 1024, 0, 32768, kActs, "most pages scanned for sharing a second and VM; 0: none"},
    HostOption{"ShareScanGHz", 4, 0, 32, kActs, "MB a second scanned per GHz of the host; 0: none"},
    HostOption{"ShareScanTime", 60, 10, 600, kActs, "minutes to scan a whole VM for sharing"},
    HostOption{"ShareScanTotal", 200, 0, 1000000, kActs, "ESX 2: most pages scanned for sharing a second, whole host"},
    HostOption{"ShareScanVM", 50, 0, 1000000, kActs, "ESX 2: most pages scanned for sharing a second and VM"},
    HostOption{"SwapEnable", 1, 0, 1, kActs,
               "of this engine: 0 forbids hypervisor swap; a VM that touches new memory on a full host is then blocked"},
    HostOption{"TierNvmePct", 100, 0, 400, kKept, "size of a memory tier on NVMe, in % of memory"},
    HostOption{"VMOverheadGrowthLimit", 4294967295, 0, 4294967295, kKept,
               "growth of a VM's overhead memory, in MB; the default is unlimited"},
    HostOption{"VMXMinMB", 3, 0, 1024, kKept, "least memory of the VM's process, in MB"},
    HostOption{"freePagesThresholdForRemote", 2048, 0, 1048576, kKept, "free pages of a node below which remote large pages are taken"},
    HostOption{"kernelResvPad", 8, 0, 1024, kKept, "reserve of the hypervisor's kernel, in MB"},
};

}  // namespace

std::span<const HostOption> hostOptions() { return kOptions; }

const HostOption* findHostOption(std::string_view name) {
  const auto found = std::ranges::find(kOptions, name, &HostOption::name);
  return found == kOptions.end() ? nullptr : &*found;
}

Result<const HostOption*> checkHostOption(std::string_view name, std::uint64_t value) {
  const HostOption* option = findHostOption(name);
  if (option == nullptr) {
    std::vector<std::string_view> names;
    for (const HostOption& known : kOptions) names.push_back(known.name);
    return failure("unknown host option \"{}\"{}", name, didYouMean(name, names));
  }
  if (value < option->least || value > option->most)
    return failure("{} = {} is out of range: {} to {}", name, value, option->least, option->most);
  return option;
}

std::uint64_t hostOptionValue(const std::map<std::string, std::uint64_t>& set, std::string_view name) {
  const HostOption* option = findHostOption(name);
  invariant(option != nullptr, "a host option that the engine reads is in the table");
  const auto found = set.find(std::string(name));
  return found == set.end() ? option->fallback : found->second;
}

}  // namespace overcommit

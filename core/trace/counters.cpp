// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace overcommit {
namespace counter_table {
namespace {

using In = const CounterInput&;
using Value = std::int64_t;
using enum CounterUnit;
using Group = CounterGroup;

constexpr Value kMillion = 1'000'000;
constexpr Value kUnlimited = -kMillion;  // of a limit
constexpr Value whole(std::uint64_t pages) { return static_cast<Value>(pages) * kMillion; }

// Formulas of one VM.
template <std::uint64_t VmFigures::*pages>
Value pagesOf(In in) {
  return whole(in.vm->*pages);
}
template <std::uint64_t VmFigures::*value>
Value plain(In in) {
  return static_cast<Value>(in.vm->*value);
}
template <PagePlace place>
Value at(In in) {
  return whole(in.vm->at(place));
}
Value grant(In in) { return at<PagePlace::Private>(in) + at<PagePlace::Shared>(in); }
Value consumed(In in) { return grant(in) - plain<&VmFigures::savedMillionths>(in); }
Value demand(In in) { return consumed(in) + at<PagePlace::Ballooned>(in) + at<PagePlace::Zipped>(in) + at<PagePlace::Swapped>(in); }
Value sizeTarget(In in) { return whole(in.vm->target + in.vm->overhead); }
Value cacheUsed(In in) { return static_cast<Value>(in.vm->zipSlotBytes * std::uint64_t{kMillion} / kPageSize); }
Value limit(In in) { return in.vm->limit == kNoLimit ? kUnlimited : whole(in.vm->limit); }
Value publishedOverhead(In in) {
  return static_cast<Value>(in.vm->publishedOverheadBytes / kPageSize) * kMillion +
         static_cast<Value>(in.vm->publishedOverheadBytes % kPageSize * std::uint64_t{kMillion} / kPageSize);
}
Value driver(In in) { return in.vm->balloonDriver ? 1 : 0; }
Value usage(In in) { return whole(in.vm->active) / static_cast<Value>(std::max<std::uint64_t>(in.vm->memory, 1)); }

// So many pages more than before, in bytes a second.
Value perSecond(std::uint64_t now, std::uint64_t before, In in) {
  const std::uint64_t time = (in.now.time - std::min(in.now.time, in.before.time)).value();
  if (time == 0 || now <= before) return 0;
  return static_cast<Value>(static_cast<long double>((now - before) * kPageSize) * 1e9L / static_cast<long double>(time));
}
template <std::uint64_t VmFigures::*count>
Value rate(In in) {
  return perSecond(in.vm->*count, in.vmBefore != nullptr ? in.vmBefore->*count : 0, in);
}

// Formulas of the host.
Value sumOf(In in, Value (*formula)(In)) {
  Value sum = 0;
  for (std::size_t i = 0; i < in.now.vms.size(); ++i) {
    const VmFigures& vm = in.now.vms[i];
    if (vm.on) sum += formula({in.now, in.before, &vm, i < in.before.vms.size() ? &in.before.vms[i] : nullptr});
  }
  return sum;
}
template <Value (*formula)(In)>
Value sum(In in) {
  return sumOf(in, formula);
}
template <FrameUse use>
Value framesOf(In in) {
  return whole(in.now.at(use));
}
template <std::uint64_t MemoryFigures::*frames>
Value hostFrames(In in) {
  return whole(in.now.*frames);
}
template <std::size_t i>
Value overcommit(In in) {
  return static_cast<Value>(in.now.overcommitMillionths[i]);
}
Value otherMemory(In in) { return whole(in.now.memory - in.now.console - in.now.kernel - in.now.at(FrameUse::Free)); }
Value managed(In in) { return whole(in.now.managed()); }
Value minFree(In in) {
  const std::uint64_t clear = in.now.thresholdOf(FreeState::Clear);
  return whole(clear != 0 ? clear : in.now.thresholdOf(FreeState::High));
}
Value reserved(In in) { return sum<pagesOf<&VmFigures::reservation>>(in) + sum<pagesOf<&VmFigures::overheadMax>>(in) + minFree(in); }
Value unreserved(In in) { return managed(in) - reserved(in); }
Value freeState(In in) { return static_cast<Value>(in.now.state); }
Value stateCode(In in) {
  const Value state = freeState(in);
  const bool hasClear = in.now.thresholdOf(FreeState::Clear) != 0;
  return hasClear || state == 0 ? state : state - 1;
}
Value common(In in) { return framesOf<FrameUse::Shared>(in); }
Value shareSaving(In in) { return sum<at<PagePlace::Shared>>(in) - common(in); }
Value zipSaving(In in) { return sum<at<PagePlace::Zipped>>(in) - framesOf<FrameUse::ZipStore>(in); }
Value consumedByAll(In in) { return whole(in.now.memory - in.now.at(FrameUse::Free)); }
Value hostUsage(In in) { return consumedByAll(in) / static_cast<Value>(std::max<std::uint64_t>(in.now.memory, 1)); }
Value highThreshold(In in) { return whole(in.now.thresholdOf(FreeState::High)); }

// Whole numbers stand for these.
double inItsUnit(CounterUnit unit, Value value) {
  constexpr double kMega = 1024.0 * 1024.0;
  const auto number = static_cast<double>(value);
  switch (unit) {
    case Memory: return number / kMillion * kPageSize / kMega;
    case Rate: return number / kMega;
    case Fraction: return number * 100 / kMillion;
    case Ratio: return number / kMillion;
    case Count:
    case YesNo:
    case State: break;
  }
  return number;
}

constexpr std::string_view kNoNuma = "not modelled: this host has one node";
constexpr std::string_view kNoLocalSwap = "not modelled: there is no host cache on SSD";
constexpr std::string_view kNoCheckpoint = "not modelled: VMs are not suspended and resumed";
constexpr std::string_view kNoDirty = "not modelled: samples do not tell writes from reads";
constexpr auto kAbsent = nullptr;

// clang-format off
constexpr std::array kHost{
    Counter{"MEM overcommit avg 1 min", "Memory Overcommit (1 Minute Avg)", Group::Overcommit, Ratio, "overcommit_1min",
            "average of max(0, requested / managed - 1) over 1 minute, requested = sum of min(MEMSZ, AMAX) + OVHDMAX", "RAW, memory", overcommit<0>},
    Counter{"MEM overcommit avg 5 min", "Memory Overcommit (5 Minute Avg)", Group::Overcommit, Ratio, "overcommit_5min", "the same over 5 minutes", "RAW, memory", overcommit<1>},
    Counter{"MEM overcommit avg 15 min", "Memory Overcommit (15 Minute Avg)", Group::Overcommit, Ratio, "overcommit_15min", "the same over 15 minutes", "RAW, memory", overcommit<2>},
    Counter{"PMEM total", "Machine MBytes", Group::Pmem, Memory, "memory", "machine memory = cos + vmk + other + free", "MON5", hostFrames<&MemoryFigures::memory>},
    Counter{"PMEM cos", "Console MBytes", Group::Pmem, Memory, "console", "the service console's", "memory", hostFrames<&MemoryFigures::console>},
    Counter{"PMEM vmk", "Kernel MBytes", Group::Pmem, Memory, "vmk", "overhead that belongs to no VM: the share table", "MON5", hostFrames<&MemoryFigures::kernel>},
    Counter{"PMEM other", "NonKernel MBytes", Group::Pmem, Memory, "other", "total - cos - vmk - free: VMs, their overhead, compression caches", "MON5", otherMemory},
    Counter{"PMEM free", "Free MBytes", Group::Pmem, Memory, "free", "free frames", "MON5", framesOf<FrameUse::Free>},
    Counter{"VMKMEM managed", "Kernel Managed MBytes", Group::Vmkmem, Memory, "managed", "total - cos", "MON5", managed},
    Counter{"VMKMEM minfree", "Kernel MinFree MBytes", Group::Vmkmem, Memory, "minfree", "MinFree: the threshold of clear, or of high where there is no clear state", "MON5", minFree},
    Counter{"VMKMEM rsvd", "Kernel Reserved MBytes", Group::Vmkmem, Memory, "reserved", "sum of AMIN + sum of OVHDMAX, of VMs that are on, + minfree", "VROPS", reserved},
    Counter{"VMKMEM ursvd", "Kernel Unreserved MBytes", Group::Vmkmem, Memory, "unreserved", "managed - rsvd", "MON5", unreserved},
    Counter{"VMKMEM state", "Kernel State", Group::Vmkmem, State, "state", "the free state: high, clear (esx6), soft, hard, low", "MON5", freeState},
    Counter{"NUMA", "", Group::Numa, Memory, "", kNoNuma, "MON5", kAbsent},
    Counter{"PSHARE shared", "PShare Shared MBytes", Group::Pshare, Memory, "pshare_shared", "sum of SHRD", "CHART", sum<at<PagePlace::Shared>>},
    Counter{"PSHARE common", "PShare Common MBytes", Group::Pshare, Memory, "shared", "machine frames behind shared pages", "CHART", common},
    Counter{"PSHARE saving", "PShare Savings MBytes", Group::Pshare, Memory, "share_saving", "shared - common = sum of SHRDSVD", "CHART", shareSaving},
    Counter{"SWAP curr", "Swap Used MBytes", Group::SwapLine, Memory, "swapped", "sum of SWCUR", "MON5", sum<at<PagePlace::Swapped>>},
    Counter{"SWAP rclmtgt", "Swap Target MBytes", Group::SwapLine, Memory, "swap_target", "sum of SWTGT", "MON5", sum<pagesOf<&VmFigures::swapTarget>>},
    Counter{"SWAP r/s", "Swap MBytes Read/sec", Group::SwapLine, Rate, "", "sum of SWR/s", "MON5", sum<rate<&VmFigures::swapIns>>},
    Counter{"SWAP w/s", "Swap MBytes Write/sec", Group::SwapLine, Rate, "", "sum of SWW/s", "MON5", sum<rate<&VmFigures::swapOuts>>},
    Counter{"ZIP zipped", "Total Compressed MBytes", Group::ZipLine, Memory, "zipped", "guest pages in compression caches", "MON5", sum<at<PagePlace::Zipped>>},
    Counter{"ZIP saved", "Total Saved by Compression MBytes", Group::ZipLine, Memory, "zip_saving", "zipped - sum of CACHESZ", "MON5", zipSaving},
    Counter{"MEMCTL curr", "Memctl Current MBytes", Group::MemctlLine, Memory, "ballooned", "sum of MCTLSZ", "MON5", sum<at<PagePlace::Ballooned>>},
    Counter{"MEMCTL target", "Memctl Target MBytes", Group::MemctlLine, Memory, "memctl_target", "sum of MCTLTGT", "MON5", sum<pagesOf<&VmFigures::balloonTarget>>},
    Counter{"MEMCTL max", "Memctl Max MBytes", Group::MemctlLine, Memory, "memctl_max", "sum of MCTLMAX", "MON5", sum<pagesOf<&VmFigures::balloonMax>>},
};

constexpr std::array kVm{
    Counter{"MEMSZ", "Memory Size MBytes", Group::Size, Memory, "memory", "configured memory = GRANT + MCTLSZ + SWCUR + compressed + untouched", "MON5", pagesOf<&VmFigures::memory>},
    Counter{"GRANT", "Memory Granted Size MBytes", Group::Size, Memory, "granted", "pages that a frame is behind: private + shared", "MON5", grant},
    Counter{"CNSM", "Memory Consumed Size MBytes", Group::Size, Memory, "consumed", "GRANT - SHRDSVD", "MON5", consumed},
    Counter{"SZTGT", "Target Size MBytes", Group::Size, Memory, "sztgt", "target of the allocation policy + OVHD", "MON5, memory", sizeTarget},
    Counter{"TCHD", "Touched MBytes", Group::Size, Memory, "active", "working-set estimate that the target was computed with", "MON5", pagesOf<&VmFigures::active>},
    Counter{"TCHD_W", "Touched Write MBytes", Group::Size, Memory, "", kNoDirty, "MON5", kAbsent},
    Counter{"%ACTV", "% Active Estimate", Group::Active, Fraction, "actv", "touched / sampled of the last period", "MON5", plain<&VmFigures::sampleMillionths>},
    Counter{"%ACTVS", "% Active Slow Estimate", Group::Active, Fraction, "actvs", "slow average", "MON5", plain<&VmFigures::slowMillionths>},
    Counter{"%ACTVF", "% Active Fast Estimate", Group::Active, Fraction, "actvf", "fast average", "MON5", plain<&VmFigures::fastMillionths>},
    Counter{"%ACTVN", "% Active Next Estimate", Group::Active, Fraction, "actvn", "fast average, if the period ended as it stands", "MON5", plain<&VmFigures::nextMillionths>},
    Counter{"MCTL?", "Memctl?", Group::Mctl, YesNo, "balloon_driver", "a balloon driver runs in the guest", "MON5", driver},
    Counter{"MCTLSZ", "Memctl MBytes", Group::Mctl, Memory, "ballooned", "pages in the balloon", "MON5", at<PagePlace::Ballooned>},
    Counter{"MCTLTGT", "Memctl Target MBytes", Group::Mctl, Memory, "memctl_target", "how large the balloon is to be; the driver is told in steps", "MON5", pagesOf<&VmFigures::balloonTarget>},
    Counter{"MCTLMAX", "Memctl Max MBytes", Group::Mctl, Memory, "balloon_max", "CtlMaxPercent of MEMSZ, less if the VM's own maximum or its driver's is lower", "MON5", pagesOf<&VmFigures::balloonMax>},
    Counter{"SWCUR", "Swapped MBytes", Group::Swap, Memory, "swapped", "pages in the swap file", "MON5", at<PagePlace::Swapped>},
    Counter{"SWTGT", "Swap Target MBytes", Group::Swap, Memory, "swap_target", "pages that are to be shared, compressed or swapped", "MON5", pagesOf<&VmFigures::swapTarget>},
    Counter{"SWR/s", "Swap Read MBytes/sec", Group::Swap, Rate, "", "pages swapped in since the last refresh / time (metric swap_ins)", "MON5", rate<&VmFigures::swapIns>},
    Counter{"SWW/s", "Swap Written MBytes/sec", Group::Swap, Rate, "", "pages swapped out since the last refresh / time (metric swap_outs)", "MON5", rate<&VmFigures::swapOuts>},
    Counter{"LLSWR/s", "Llswap Read MBytes/sec", Group::LocalSwap, Rate, "", kNoLocalSwap, "MON5", kAbsent},
    Counter{"LLSWW/s", "Llswap Written MBytes/sec", Group::LocalSwap, Rate, "", kNoLocalSwap, "MON5", kAbsent},
    Counter{"CACHESZ", "Compression Cache Size MBytes", Group::Cache, Memory, "zip_cache", "frames of the compression cache", "MON5", pagesOf<&VmFigures::zipFrames>},
    Counter{"CACHEUSD", "Compression Cache Used MBytes", Group::Cache, Memory, "zip_cache_used", "slots in use there", "MON5", cacheUsed},
    Counter{"ZIP/s", "Compression MBytes/sec", Group::Cache, Rate, "", "pages compressed since the last refresh / time (metric zips)", "MON5", rate<&VmFigures::zips>},
    Counter{"UNZIP/s", "Decompression MBytes/sec", Group::Cache, Rate, "", "pages decompressed by a touch since the last refresh / time (metric unzips)", "MON5", rate<&VmFigures::unzips>},
    Counter{"ZERO", "Zero MBytes", Group::Cow, Memory, "zero", "shared pages whose frame holds zeros only", "MON5", pagesOf<&VmFigures::zero>},
    Counter{"SHRD", "Shared MBytes", Group::Cow, Memory, "shared", "pages that share a frame", "MON5", at<PagePlace::Shared>},
    Counter{"SHRDSVD", "Shared Saved MBytes", Group::Cow, Memory, "shrdsvd", "sum of 1 - 1 / references over the shared pages; the VMs' add up to PSHARE saving", "MON5, derived", plain<&VmFigures::savedMillionths>},
    Counter{"COWH", "Copy On Write Hint MBytes", Group::Cow, Memory, "cowh", "pages with a hint in the share table", "memory", pagesOf<&VmFigures::hints>},
    Counter{"OVHD", "Overhead MBytes", Group::Overhead, Memory, "overhead", "frames that the hypervisor uses for this VM", "MON5", pagesOf<&VmFigures::overhead>},
    Counter{"OVHDUW", "Overhead UW MBytes", Group::Overhead, Memory, "", "not modelled: a VM has no process of its own", "MON5", kAbsent},
    Counter{"OVHDMAX", "Overhead Max MBytes", Group::Overhead, Memory, "overhead_max", "the most that OVHD can become", "MON5", pagesOf<&VmFigures::overheadMax>},
    Counter{"OVHDPUB", "", Group::Overhead, Memory, "overhead_published", "of this program: what VMware published for a VM of the size that this one stands for, scaled down like its memory", "A25, RM40, RM67", publishedOverhead},
    Counter{"AMIN", "Min Alloc MBytes", Group::Allocation, Memory, "reservation", "reservation", "MON5", pagesOf<&VmFigures::reservation>},
    Counter{"AMAX", "Max Alloc MBytes", Group::Allocation, Memory, "", "limit; -1 = none (metric limit, which is MEMSZ then)", "MON5", limit},
    Counter{"ASHRS", "Alloc Shares", Group::Allocation, Count, "shares", "shares", "MON5", plain<&VmFigures::shares>},
    Counter{"NHN", "", Group::NumaOfVm, Count, "", kNoNuma, "MON5", kAbsent},
    Counter{"NRMEM", "", Group::NumaOfVm, Memory, "", kNoNuma, "MON5", kAbsent},
    Counter{"N%L", "", Group::NumaOfVm, Fraction, "", kNoNuma, "MON5", kAbsent},
    Counter{"GST_ND0", "", Group::NumaOfVm, Memory, "", kNoNuma, "MON5", kAbsent},
    Counter{"OVD_ND0", "", Group::NumaOfVm, Memory, "", kNoNuma, "MON5", kAbsent},
    Counter{"CPTRD", "", Group::Checkpoint, Memory, "", kNoCheckpoint, "MON5", kAbsent},
    Counter{"CPTTGT", "", Group::Checkpoint, Memory, "", kNoCheckpoint, "MON5", kAbsent},
};

constexpr std::array kVcenterHost{
    Counter{"mem.active", "", Group::Vcenter, Memory, "", "sum of TCHD", "VC40, CHART", sum<pagesOf<&VmFigures::active>>},
    Counter{"mem.activewrite", "", Group::Vcenter, Memory, "", kNoDirty, "VC40, CHART", kAbsent},
    Counter{"mem.granted", "", Group::Vcenter, Memory, "", "sum of GRANT", "CHART", sum<grant>},
    Counter{"mem.consumed", "", Group::Vcenter, Memory, "consumed", "PMEM total - free", "VROPS", consumedByAll},
    Counter{"mem.shared", "", Group::Vcenter, Memory, "pshare_shared", "PSHARE shared", "CHART", sum<at<PagePlace::Shared>>},
    Counter{"mem.sharedcommon", "", Group::Vcenter, Memory, "shared", "PSHARE common", "CHART, VROPS", common},
    Counter{"mem.zero", "", Group::Vcenter, Memory, "", "sum of ZERO", "RAW2", sum<pagesOf<&VmFigures::zero>>},
    Counter{"mem.vmmemctl", "", Group::Vcenter, Memory, "ballooned", "MEMCTL curr", "CHART, RAW2", sum<at<PagePlace::Ballooned>>},
    Counter{"mem.swapused", "", Group::Vcenter, Memory, "swapped", "SWAP curr", "CHART, RAW2", sum<at<PagePlace::Swapped>>},
    Counter{"mem.swapin", "", Group::Vcenter, Memory, "", "pages swapped in so far (metric swap_ins)", "CHART, RAW2", sum<pagesOf<&VmFigures::swapIns>>},
    Counter{"mem.swapout", "", Group::Vcenter, Memory, "", "pages swapped out so far (metric swap_outs)", "CHART, RAW2", sum<pagesOf<&VmFigures::swapOuts>>},
    Counter{"mem.swapinRate", "", Group::Vcenter, Rate, "", "SWAP r/s", "CHART, RAW2", sum<rate<&VmFigures::swapIns>>},
    Counter{"mem.swapoutRate", "", Group::Vcenter, Rate, "", "SWAP w/s", "CHART, RAW2", sum<rate<&VmFigures::swapOuts>>},
    Counter{"mem.compressed", "", Group::Vcenter, Memory, "zipped", "ZIP zipped", "memory", sum<at<PagePlace::Zipped>>},
    Counter{"mem.compressionRate", "", Group::Vcenter, Rate, "", "sum of ZIP/s", "memory", sum<rate<&VmFigures::zips>>},
    Counter{"mem.decompressionRate", "", Group::Vcenter, Rate, "", "sum of UNZIP/s", "memory", sum<rate<&VmFigures::unzips>>},
    Counter{"mem.llSwapUsed", "", Group::Vcenter, Memory, "", kNoLocalSwap, "QS", kAbsent},
    Counter{"mem.llSwapInRate", "", Group::Vcenter, Rate, "", kNoLocalSwap, "memory", kAbsent},
    Counter{"mem.llSwapOutRate", "", Group::Vcenter, Rate, "", kNoLocalSwap, "memory", kAbsent},
    Counter{"mem.overhead", "", Group::Vcenter, Memory, "", "sum of OVHD", "CHART, RAW2", sum<pagesOf<&VmFigures::overhead>>},
    Counter{"mem.usage", "", Group::Vcenter, Fraction, "", "mem.consumed / mem.totalmb", "CHART", hostUsage},
    Counter{"mem.state", "", Group::Vcenter, Count, "", "0 high, 1 soft, 2 hard, 3 low; where there is a clear state 0 high, 1 clear, 2 soft, 3 hard, 4 low", "EG, memory", stateCode},
    Counter{"mem.lowfreethreshold", "", Group::Vcenter, Memory, "high_threshold", "below so many free pages the host begins to act: the threshold of high", "VROPS", highThreshold},
    Counter{"mem.reservedCapacity", "", Group::Vcenter, Memory, "reserved", "VMKMEM rsvd", "RAW2", reserved},
    Counter{"mem.unreserved", "", Group::Vcenter, Memory, "unreserved", "VMKMEM ursvd", "memory", unreserved},
    Counter{"mem.heap", "", Group::Vcenter, Memory, "", "not modelled: the hypervisor has no heap in machine frames", "RAW2", kAbsent},
    Counter{"mem.sysUsage", "", Group::Vcenter, Memory, "vmk", "PMEM vmk", "memory", hostFrames<&MemoryFigures::kernel>},
    Counter{"mem.totalmb", "", Group::Vcenter, Memory, "memory", "PMEM total", "memory", hostFrames<&MemoryFigures::memory>},
    Counter{"mem.latency", "", Group::Vcenter, Fraction, "", "not in traces; each VM's metrics time_swap_in, time_unzip and time_disk_queue over elapsed", "memory", kAbsent},
};

constexpr std::array kVcenterVm{
    Counter{"mem.active", "", Group::Vcenter, Memory, "active", "TCHD", "VC40, CHART", pagesOf<&VmFigures::active>},
    Counter{"mem.activewrite", "", Group::Vcenter, Memory, "", kNoDirty, "VC40, CHART", kAbsent},
    Counter{"mem.granted", "", Group::Vcenter, Memory, "granted", "GRANT", "CHART", grant},
    Counter{"mem.consumed", "", Group::Vcenter, Memory, "consumed", "GRANT - SHRDSVD", "VC40", consumed},
    Counter{"mem.shared", "", Group::Vcenter, Memory, "shared", "SHRD", "CHART", at<PagePlace::Shared>},
    Counter{"mem.zero", "", Group::Vcenter, Memory, "zero", "ZERO", "RAW2", pagesOf<&VmFigures::zero>},
    Counter{"mem.vmmemctl", "", Group::Vcenter, Memory, "ballooned", "MCTLSZ", "CHART, RAW2", at<PagePlace::Ballooned>},
    Counter{"mem.vmmemctltarget", "", Group::Vcenter, Memory, "memctl_target", "MCTLTGT", "CHART, RAW2", pagesOf<&VmFigures::balloonTarget>},
    Counter{"mem.swapped", "", Group::Vcenter, Memory, "swapped", "SWCUR", "CHART, RAW2", at<PagePlace::Swapped>},
    Counter{"mem.swaptarget", "", Group::Vcenter, Memory, "swap_target", "SWTGT", "CHART, RAW2", pagesOf<&VmFigures::swapTarget>},
    Counter{"mem.swapin", "", Group::Vcenter, Memory, "", "pages swapped in so far (metric swap_ins)", "CHART, RAW2", pagesOf<&VmFigures::swapIns>},
    Counter{"mem.swapout", "", Group::Vcenter, Memory, "", "pages swapped out so far (metric swap_outs)", "CHART, RAW2", pagesOf<&VmFigures::swapOuts>},
    Counter{"mem.swapinRate", "", Group::Vcenter, Rate, "", "SWR/s", "CHART, RAW2", rate<&VmFigures::swapIns>},
    Counter{"mem.swapoutRate", "", Group::Vcenter, Rate, "", "SWW/s", "CHART, RAW2", rate<&VmFigures::swapOuts>},
    Counter{"mem.compressed", "", Group::Vcenter, Memory, "zipped", "guest pages in the compression cache", "memory", at<PagePlace::Zipped>},
    Counter{"mem.zipped", "", Group::Vcenter, Memory, "zipped", "the same", "memory", at<PagePlace::Zipped>},
    Counter{"mem.zipSaved", "", Group::Vcenter, Memory, "", "mem.zipped - CACHESZ", "memory", [](In in) { return at<PagePlace::Zipped>(in) - whole(in.vm->zipFrames); }},
    Counter{"mem.compressionRate", "", Group::Vcenter, Rate, "", "ZIP/s", "memory", rate<&VmFigures::zips>},
    Counter{"mem.decompressionRate", "", Group::Vcenter, Rate, "", "UNZIP/s", "memory", rate<&VmFigures::unzips>},
    Counter{"mem.llSwapUsed", "", Group::Vcenter, Memory, "", kNoLocalSwap, "QS", kAbsent},
    Counter{"mem.overhead", "", Group::Vcenter, Memory, "overhead", "OVHD", "CHART, RAW2", pagesOf<&VmFigures::overhead>},
    Counter{"mem.overheadMax", "", Group::Vcenter, Memory, "overhead_max", "OVHDMAX", "CHART, RAW2", pagesOf<&VmFigures::overheadMax>},
    Counter{"mem.usage", "", Group::Vcenter, Fraction, "", "mem.active / MEMSZ", "CHART", usage},
    Counter{"mem.entitlement", "", Group::Vcenter, Memory, "target", "what the VM is due now (distributedMemoryEntitlement): the target of the allocation policy", "QS", pagesOf<&VmFigures::target>},
    Counter{"mem.staticEntitlement", "", Group::Vcenter, Memory, "", "not modelled: there are no resource pools to divide", "QS", kAbsent},
    Counter{"mem.latency", "", Group::Vcenter, Fraction, "", "not in traces; metrics time_swap_in, time_unzip and time_disk_queue over elapsed", "memory", kAbsent},
    Counter{"demand", "", Group::Vcenter, Memory, "demand", "consumed + ballooned + compressed + swapped", "VROPS", demand},
};
// clang-format on

}  // namespace
}  // namespace counter_table

std::span<const Counter> hostCounters() { return counter_table::kHost; }
std::span<const Counter> vmCounters() { return counter_table::kVm; }
std::span<const Counter> vcenterHostCounters() { return counter_table::kVcenterHost; }
std::span<const Counter> vcenterVmCounters() { return counter_table::kVcenterVm; }

std::optional<std::int64_t> counterValue(const Counter& counter, const MemoryFigures& now, const MemoryFigures& before) {
  if (counter.read == nullptr) return std::nullopt;
  return counter.read({now, before});
}

std::optional<std::int64_t> counterValue(const Counter& counter, const MemoryFigures& now, const MemoryFigures& before, VmId vm) {
  invariant(vm.value() < now.vms.size(), "a counter is read of a VM that exists");
  const VmFigures& figures = now.vms[vm.value()];
  if (counter.read == nullptr || !figures.on) return std::nullopt;
  return counter.read({now, before, &figures, vm.value() < before.vms.size() ? &before.vms[vm.value()] : nullptr});
}

std::uint64_t bytesOfMillionths(std::int64_t millionths) {
  if (millionths <= 0) return 0;
  const auto value = static_cast<std::uint64_t>(millionths);
  constexpr std::uint64_t kWhole = 1'000'000;
  return value / kWhole * kPageSize + (value % kWhole * kPageSize + kWhole / 2) / kWhole;
}

std::string counterText(CounterUnit unit, std::optional<std::int64_t> value, std::size_t width) {
  if (!value) return "-";
  if (unit == CounterUnit::Count) return std::to_string(*value);
  if (unit == CounterUnit::YesNo) return *value != 0 ? "Y" : "N";
  if (unit == CounterUnit::State) return std::string(nameOf(static_cast<FreeState>(*value)));
  if (unit == CounterUnit::Memory && *value == counter_table::kUnlimited) return "-1";
  std::string text;
  for (int places = 2; places >= 0; --places) {
    text = fmt::format("{:.{}f}", counter_table::inItsUnit(unit, *value), places);
    if (text.size() <= width) break;
  }
  return text;
}

std::string counterNumber(CounterUnit unit, std::optional<std::int64_t> value) {
  if (!value) return "-";
  if (unit == CounterUnit::Count || unit == CounterUnit::YesNo || unit == CounterUnit::State) return std::to_string(*value);
  if (unit == CounterUnit::Memory && *value == counter_table::kUnlimited) return "-1";
  return fmt::format("{:.4f}", counter_table::inItsUnit(unit, *value));
}

std::string_view nameOf(CounterGroup group) {
  switch (group) {
    case CounterGroup::Overcommit: return "MEM";
    case CounterGroup::Pmem: return "PMEM";
    case CounterGroup::Vmkmem: return "VMKMEM";
    case CounterGroup::Numa: return "NUMA";
    case CounterGroup::Pshare: return "PSHARE";
    case CounterGroup::SwapLine: return "SWAP";
    case CounterGroup::ZipLine: return "ZIP";
    case CounterGroup::MemctlLine: return "MEMCTL";
    case CounterGroup::Size: return "size";
    case CounterGroup::Active: return "active";
    case CounterGroup::Mctl: return "mctl";
    case CounterGroup::Swap: return "swap";
    case CounterGroup::LocalSwap: return "llswap";
    case CounterGroup::Cache: return "cache";
    case CounterGroup::Cow: return "cow";
    case CounterGroup::Overhead: return "ovhd";
    case CounterGroup::Allocation: return "alloc";
    case CounterGroup::NumaOfVm: return "numa";
    case CounterGroup::Checkpoint: return "cpt";
    case CounterGroup::Vcenter: return "vcenter";
  }
  return "";
}

std::string_view nameOf(CounterUnit unit) {
  switch (unit) {
    case CounterUnit::Memory: return "MB";
    case CounterUnit::Rate: return "MB/s";
    case CounterUnit::Fraction: return "%";
    case CounterUnit::Ratio: return "ratio";
    case CounterUnit::Count: return "";
    case CounterUnit::YesNo: return "Y/N";
    case CounterUnit::State: return "state";
  }
  return "";
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/metrics.h"

#include <array>
#include <vector>

#include "base/nearest.h"
#include "host/host.h"
#include "host/virtual_machine.h"
#include "trace/counters.h"

namespace overcommit {
namespace {

using enum MetricUnit;

std::uint64_t bytes(Pages pages) { return bytesOf(pages).value(); }

std::uint64_t sum(const Host& host, std::uint64_t (*of)(const VirtualMachine&)) {
  std::uint64_t total = 0;
  for (const auto& vm : host.vms()) total += of(*vm);
  return total;
}

template <PagePlace place>
std::uint64_t pagesIn(const VirtualMachine& vm) {
  return bytes(vm.count(place));
}

template <FrameUse use>
std::uint64_t framesOf(const Host& host) {
  return bytes(host.machine().count(use));
}

template <TimeUse use>
std::uint64_t timeIn(const VirtualMachine& vm) {
  return vm.clock().spent(use).value();
}

template <std::uint64_t MemoryCounters::*counter>
std::uint64_t counted(const VirtualMachine& vm) {
  return vm.counters().*counter;
}
template <std::uint64_t MemoryCounters::*counter>
std::uint64_t countedByAll(const Host& host) {
  return sum(host, counted<counter>);
}

template <std::uint64_t permille>
std::uint64_t latency(const VirtualMachine& vm) {
  return vm.meter().latency().percentile(permille).value();
}

template <std::uint64_t oc_guest_stats::*field>
std::uint64_t guestPages(const VirtualMachine& vm) {
  const auto stats = vm.guestStats();
  // A guest may write what it likes there: what cannot be is cut.
  return stats ? bytes(std::min(Pages((*stats).*field), vm.config().memory)) : 0;
}
template <std::uint64_t oc_guest_stats::*field>
std::uint64_t guestCount(const VirtualMachine& vm) {
  const auto stats = vm.guestStats();
  return stats ? (*stats).*field : 0;
}

std::uint64_t largePages(const VirtualMachine& vm) { return vm.memory() != nullptr ? bytes(vm.memory()->guest.largePages()) : 0; }

std::uint64_t operations(const VirtualMachine& vm) { return vm.meter().operations(); }

std::uint64_t perSecond(std::uint64_t count, VirtualTime time) {
  return time.value() == 0 ? 0
                           : static_cast<std::uint64_t>(static_cast<long double>(count) * 1e9L / static_cast<long double>(time.value()));
}

std::uint64_t busyPermille(const DiskQueue& disk, VirtualTime now) {
  return now.value() == 0 ? 0
                          : static_cast<std::uint64_t>(static_cast<long double>(disk.busyTime(now).value()) * 1000 /
                                                       static_cast<long double>(now.value()));
}

// A metric that follows a counter of ESX has its formula.
template <std::size_t n>
struct CounterName {
  std::array<char, n> text{};
  // NOLINTNEXTLINE(google-explicit-constructor, modernize-avoid-c-arrays): written as a string
  constexpr CounterName(const char (&from)[n]) { std::copy_n(from, n, text.begin()); }
  [[nodiscard]] constexpr std::string_view view() const { return {text.data(), n - 1}; }
};

const Counter& counterNamed(std::span<const Counter> counters, std::string_view name) {
  const auto found = std::ranges::find(counters, name, &Counter::name);
  invariant(found != counters.end() && found->read != nullptr, "a metric follows a counter that exists");
  return *found;
}

std::uint64_t asMetric(const Counter& counter, std::optional<std::int64_t> value) {
  if (!value || *value < 0) return 0;
  switch (counter.unit) {
    case CounterUnit::Memory: return bytesOfMillionths(*value);
    case CounterUnit::Fraction:
    case CounterUnit::Ratio: return static_cast<std::uint64_t>(*value) / 1'000;
    case CounterUnit::Rate:
    case CounterUnit::Count:
    case CounterUnit::YesNo:
    case CounterUnit::State: return static_cast<std::uint64_t>(*value);
  }
  return 0;
}

// Of the start: metrics are no rates.
const MemoryFigures& nothingBefore() {
  static const MemoryFigures kNothing;
  return kNothing;
}

template <CounterName name, FigureDepth depth = FigureDepth::Sums>
std::uint64_t counterOf(const Host& host) {
  static const Counter& counter = counterNamed(hostCounters(), name.view());
  return asMetric(counter, counterValue(counter, host.figures(depth), nothingBefore()));
}
template <CounterName name, FigureDepth depth = FigureDepth::Sums>
std::uint64_t counterOf(const VirtualMachine& vm) {
  static const Counter& counter = counterNamed(vmCounters(), name.view());
  return asMetric(counter, counterValue(counter, vm.hostFigures(depth), nothingBefore(), vm.id()));
}
std::uint64_t consumed(const VirtualMachine& vm) {
  return pagesIn<PagePlace::Private>(vm) + pagesIn<PagePlace::Shared>(vm) - counterOf<"SHRDSVD", FigureDepth::EachPage>(vm);
}

constexpr std::array kHostMetrics{
    HostMetric{"memory", Size, "machine memory", [](const Host& h) { return bytes(h.machine().frames()); }},
    HostMetric{"free", Size, "free frames", framesOf<FrameUse::Free>},
    HostMetric{"private", Size, "frames that one guest page maps", framesOf<FrameUse::Private>},
    HostMetric{"shared", Size, "frames that several guest pages may map", framesOf<FrameUse::Shared>},
    HostMetric{"zip_store", Size, "frames of compression caches", framesOf<FrameUse::ZipStore>},
    HostMetric{"overhead", Size, "frames that the hypervisor uses itself", framesOf<FrameUse::Overhead>},
    HostMetric{"configured", Size, "memory of all VMs that are on",
               [](const Host& h) {
                 return sum(h, [](const VirtualMachine& vm) { return vm.on() ? bytes(vm.config().memory) : std::uint64_t{0}; });
               }},
    HostMetric{"overcommit", Permille, "configured / memory",
               [](const Host& h) {
                 return sum(h, [](const VirtualMachine& vm) { return vm.on() ? bytes(vm.config().memory) : std::uint64_t{0}; }) * 1000 /
                        std::max<std::uint64_t>(bytes(h.machine().frames()), 1);
               }},
    HostMetric{"swapped", Size, "guest memory in swap files", [](const Host& h) { return sum(h, pagesIn<PagePlace::Swapped>); }},
    HostMetric{"ballooned", Size, "guest memory in balloons", [](const Host& h) { return sum(h, pagesIn<PagePlace::Ballooned>); }},
    HostMetric{"zipped", Size, "guest memory in compression caches", [](const Host& h) { return sum(h, pagesIn<PagePlace::Zipped>); }},
    HostMetric{"minfree", Size, "minimum of free memory: the threshold of clear, or of high where there is no clear state",
               counterOf<"VMKMEM minfree">},
    HostMetric{"high_threshold", Size, "free memory below which the host begins to act",
               [](const Host& h) { return bytes(h.pager().thresholds().high); }},
    HostMetric{"state", Count, "free state: 0 high, 1 clear, 2 soft, 3 hard, 4 low",
               [](const Host& h) { return static_cast<std::uint64_t>(h.pager().freeState()); }},
    HostMetric{"large_pages", Size, "guest memory in large pages of 2 MiB; it is private",
               [](const Host& h) { return sum(h, largePages); }},
    HostMetric{"large_sharable", Size, "pages in large pages that would be shared if these were broken, as far as scans have seen",
               [](const Host& h) { return bytes(Pages(h.sharing().table().remembered())); }},
    HostMetric{"first_touches", Count, "pages of 4 KiB given at their first touch", countedByAll<&MemoryCounters::firstTouches>},
    HostMetric{"large_touches", Count, "large pages given at the first touch of one of their pages",
               countedByAll<&MemoryCounters::largeTouches>},
    HostMetric{"large_breaks", Count, "large pages that were mapped by 4 KiB again", countedByAll<&MemoryCounters::largeBreaks>},
    HostMetric{"breaks", Count, "writes to shared pages", countedByAll<&MemoryCounters::breaks>},
    HostMetric{"share_saving", Size, "guest memory that is shared - the frames behind it",
               [](const Host& h) { return sum(h, pagesIn<PagePlace::Shared>) - bytes(h.machine().count(FrameUse::Shared)); }},
    HostMetric{"pshare_shared", Size, "guest memory that is shared", counterOf<"PSHARE shared">},
    HostMetric{"managed", Size, "memory - console", counterOf<"VMKMEM managed">},
    HostMetric{"console", Size, "frames of the service console", counterOf<"PMEM cos">},
    HostMetric{"vmk", Size, "frames that the hypervisor uses for no VM and not for the console", counterOf<"PMEM vmk">},
    HostMetric{"other", Size, "memory - console - vmk - free", counterOf<"PMEM other">},
    HostMetric{"consumed", Size, "memory - free", [](const Host& h) { return bytes(h.machine().frames() - h.machine().free()); }},
    HostMetric{"reserved", Size, "reservations and largest overhead of all VMs that are on + minfree", counterOf<"VMKMEM rsvd">},
    HostMetric{"unreserved", Size, "managed - reserved, or 0", counterOf<"VMKMEM ursvd">},
    HostMetric{"overcommit_1min", Permille, "what VMs ask for / managed - 1, or 0; average of one minute",
               counterOf<"MEM overcommit avg 1 min">},
    HostMetric{"overcommit_5min", Permille, "the same of 5 minutes", counterOf<"MEM overcommit avg 5 min">},
    HostMetric{"overcommit_15min", Permille, "the same of 15 minutes", counterOf<"MEM overcommit avg 15 min">},
    HostMetric{"swap_target", Size, "guest memory to be shared, compressed or swapped", counterOf<"SWAP rclmtgt">},
    HostMetric{"memctl_target", Size, "how large all balloons together are to be", counterOf<"MEMCTL target">},
    HostMetric{"memctl_max", Size, "the most that all balloons together may hold", counterOf<"MEMCTL max">},
    HostMetric{"zip_saving", Size, "guest memory in compression caches - the frames of the caches",
               [](const Host& h) { return sum(h, pagesIn<PagePlace::Zipped>) - bytes(h.machine().count(FrameUse::ZipStore)); }},
    HostMetric{"zips", Count, "pages compressed", countedByAll<&MemoryCounters::zips>},
    HostMetric{"unzips", Count, "pages decompressed because they were touched", countedByAll<&MemoryCounters::unzips>},
    HostMetric{"swap_ins", Count, "pages read from swap files", countedByAll<&MemoryCounters::swapIns>},
    HostMetric{"swap_outs", Count, "pages written to swap files", countedByAll<&MemoryCounters::swapOuts>},
    HostMetric{"nested_faults", Count, "faults that changed a page's place",
               [](const Host& h) { return sum(h, [](const VirtualMachine& vm) { return vm.counters().nestedFaults(); }); }},
    HostMetric{"operations", Count, "operations that all guests completed", [](const Host& h) { return sum(h, operations); }},
    HostMetric{"operations_per_second", PerSecond, "operations / virtual time",
               [](const Host& h) { return perSecond(sum(h, operations), h.now()); }},
    HostMetric{"vms_on", Count, "VMs that are on",
               [](const Host& h) { return sum(h, [](const VirtualMachine& vm) { return std::uint64_t{vm.on()}; }); }},
    HostMetric{
        "vms_blocked", Count, "VMs that may not run",
        [](const Host& h) { return sum(h, [](const VirtualMachine& vm) { return std::uint64_t{vm.state() == VmState::Blocked}; }); }},
    HostMetric{
        "vms_crashed", Count, "VMs that were stopped with a reason",
        [](const Host& h) { return sum(h, [](const VirtualMachine& vm) { return std::uint64_t{vm.state() == VmState::Crashed}; }); }},
    HostMetric{"swap_disk_busy", Permille, "share of the time in which the disk of the swap files was busy",
               [](const Host& h) { return busyPermille(h.swapDisk(), h.now()); }},
    HostMetric{"guest_disk_busy", Permille, "share of the time in which the guests' disk was busy (the same one if queues are shared)",
               [](const Host& h) { return busyPermille(h.guestDisks(), h.now()); }},
    HostMetric{"share_cpu", Time, "processor time spent on scanning and comparing pages for sharing",
               [](const Host& h) { return h.sharing().hostCpuTime().value(); }},
    HostMetric{"zip_cpu", Time, "processor time spent on compressing", [](const Host& h) { return h.reclaimer().hostCpuTime().value(); }},
    HostMetric{"time", Time, "virtual time since the start", [](const Host& h) { return h.now().value(); }},
};

constexpr std::array kVmMetrics{
    VmMetric{"memory", Size, "configured memory", [](const VirtualMachine& vm) { return bytes(vm.config().memory); }},
    VmMetric{"reservation", Size, "memory that is never reclaimed",
             [](const VirtualMachine& vm) { return bytes(vm.memorySettings().reservation); }},
    VmMetric{"limit", Size, "most machine memory it may have; its configured memory if there is no limit",
             [](const VirtualMachine& vm) { return bytes(vm.memorySettings().limit.value_or(vm.config().memory)); }},
    VmMetric{"shares", Count, "claim relative to other VMs", [](const VirtualMachine& vm) { return vm.memorySettings().shares; }},
    VmMetric{"untouched", Size, "pages the guest never touched, or gave back by deflating", pagesIn<PagePlace::Untouched>},
    VmMetric{"private", Size, "pages with a frame of their own", pagesIn<PagePlace::Private>},
    VmMetric{"shared", Size, "pages that share a frame", pagesIn<PagePlace::Shared>},
    VmMetric{"ballooned", Size, "pages in the balloon", pagesIn<PagePlace::Ballooned>},
    VmMetric{"zipped", Size, "pages in the compression cache", pagesIn<PagePlace::Zipped>},
    VmMetric{"swapped", Size, "pages in the swap file", pagesIn<PagePlace::Swapped>},
    VmMetric{"granted", Size, "private + shared",
             [](const VirtualMachine& vm) { return pagesIn<PagePlace::Private>(vm) + pagesIn<PagePlace::Shared>(vm); }},
    VmMetric{"shrdsvd", Size, "saved by sharing: 1 - 1 / references for each shared page", counterOf<"SHRDSVD", FigureDepth::EachPage>},
    VmMetric{"consumed", Size, "granted - shrdsvd", consumed},
    VmMetric{"demand", Size, "consumed + ballooned + zipped + swapped",
             [](const VirtualMachine& vm) {
               return consumed(vm) + pagesIn<PagePlace::Ballooned>(vm) + pagesIn<PagePlace::Zipped>(vm) + pagesIn<PagePlace::Swapped>(vm);
             }},
    VmMetric{"zero", Size, "shared pages in frames that hold zeros only", counterOf<"ZERO", FigureDepth::EachPage>},
    VmMetric{"cowh", Size, "pages with a hint in the share table", counterOf<"COWH">},
    VmMetric{"zip_cache_used", Size, "slots in use of its compression cache", counterOf<"CACHEUSD">},
    VmMetric{"sztgt", Size, "target + overhead", counterOf<"SZTGT">},
    VmMetric{"swap_target", Size, "pages to be shared, compressed or swapped", counterOf<"SWTGT">},
    VmMetric{"memctl_target", Size, "how large its balloon is to be", counterOf<"MCTLTGT">},
    VmMetric{"actv", Permille, "sampled pages that were touched in the last period", counterOf<"%ACTV">},
    VmMetric{"actvs", Permille, "slow average of that", counterOf<"%ACTVS">},
    VmMetric{"actvf", Permille, "fast average of that", counterOf<"%ACTVF">},
    VmMetric{"actvn", Permille, "fast average, if the period ended now", counterOf<"%ACTVN">},
    VmMetric{"zip_cache", Size, "frames of its compression cache",
             [](const VirtualMachine& vm) {
               return vm.memory() != nullptr && vm.memory()->zip ? bytes(vm.memory()->zip->frames()) : std::uint64_t{0};
             }},
    VmMetric{"target", Size, "machine memory that the allocation policy wants it to have",
             [](const VirtualMachine& vm) { return vm.memory() != nullptr ? bytes(vm.memory()->target) : std::uint64_t{0}; }},
    VmMetric{"active", Size, "estimate of the memory it uses",
             [](const VirtualMachine& vm) { return vm.memory() != nullptr ? bytes(vm.memory()->active) : std::uint64_t{0}; }},
    VmMetric{"overhead", Size, "frames that the hypervisor uses for this VM",
             [](const VirtualMachine& vm) { return bytes(vm.overhead()); }},
    VmMetric{"overhead_max", Size, "the most overhead it can have",
             [](const VirtualMachine& vm) { return bytes(NestedPageTable::tablesFor(vm.config().memory)); }},
    VmMetric{"overhead_published", Size, "what VMware published for the VM that it stands for, scaled down like its memory",
             [](const VirtualMachine& vm) { return vm.hostFigures(FigureDepth::Sums).vms[vm.id().value()].publishedOverheadBytes; }},
    VmMetric{"swap_file", Size, "size of its swap file: configured memory - the lowest reservation since power-on",
             [](const VirtualMachine& vm) { return bytes(vm.swapFileSlots()); }},
    VmMetric{"on", Count, "1 while it is on", [](const VirtualMachine& vm) { return std::uint64_t{vm.on()}; }},
    VmMetric{"blocked", Count, "1 while it may not run",
             [](const VirtualMachine& vm) { return std::uint64_t{vm.state() == VmState::Blocked}; }},
    VmMetric{"crashed", Count, "1 if it was stopped with a reason",
             [](const VirtualMachine& vm) { return std::uint64_t{vm.state() == VmState::Crashed}; }},
    VmMetric{"balloon_driver", Count, "1 while a balloon driver runs in the guest",
             [](const VirtualMachine& vm) {
               return std::uint64_t{vm.memory() != nullptr && vm.memory()->balloon.driver != BalloonDriver::Absent};
             }},
    VmMetric{"balloon_target", Size, "what its balloon driver is asked for",
             [](const VirtualMachine& vm) { return vm.balloon() ? bytes(vm.balloon()->target()) : 0; }},
    VmMetric{"balloon_max", Size, "the most its balloon may hold",
             [](const VirtualMachine& vm) { return vm.balloon() ? bytes(vm.balloon()->maximum()) : 0; }},
    VmMetric{"large_pages", Size, "memory in large pages of 2 MiB; it is private", largePages},
    VmMetric{"first_touches", Count, "pages of 4 KiB given at their first touch", counted<&MemoryCounters::firstTouches>},
    VmMetric{"large_touches", Count, "large pages given at the first touch of one of their pages", counted<&MemoryCounters::largeTouches>},
    VmMetric{"large_breaks", Count, "large pages that were mapped by 4 KiB again", counted<&MemoryCounters::largeBreaks>},
    VmMetric{"breaks", Count, "writes to shared pages", counted<&MemoryCounters::breaks>},
    VmMetric{"zips", Count, "pages compressed", counted<&MemoryCounters::zips>},
    VmMetric{"unzips", Count, "pages decompressed because they were touched", counted<&MemoryCounters::unzips>},
    VmMetric{"swap_ins", Count, "pages read from the swap file", counted<&MemoryCounters::swapIns>},
    VmMetric{"swap_outs", Count, "pages written to the swap file", counted<&MemoryCounters::swapOuts>},
    VmMetric{"inflates", Count, "pages that went into the balloon", counted<&MemoryCounters::inflates>},
    VmMetric{"deflates", Count, "pages that came out of it", counted<&MemoryCounters::deflates>},
    VmMetric{"pops", Count, "ballooned pages that the guest touched", counted<&MemoryCounters::pops>},
    VmMetric{"operations", Count, "operations completed", operations},
    VmMetric{"operations_per_second", PerSecond, "operations / time on",
             [](const VirtualMachine& vm) { return perSecond(operations(vm), vm.clock().elapsed()); }},
    VmMetric{"latency_p50", Time, "operation latency: half took no longer", latency<500>},
    VmMetric{"latency_p95", Time, "operation latency: 95 % took no longer", latency<950>},
    VmMetric{"latency_p99", Time, "operation latency: 99 % took no longer", latency<990>},
    VmMetric{"results", Count, "result checksums reported", [](const VirtualMachine& vm) { return vm.meter().results(); }},
    VmMetric{"elapsed", Time, "time since power-on: the sum of the time account",
             [](const VirtualMachine& vm) { return vm.clock().elapsed().value(); }},
    VmMetric{"time_run", Time, "work, hypercalls and code", timeIn<TimeUse::Run>},
    VmMetric{"time_idle", Time, "waiting of its own accord", timeIn<TimeUse::Idle>},
    VmMetric{"time_first_touch", Time, "first touches", timeIn<TimeUse::FirstTouch>},
    VmMetric{"time_break", Time, "breaking shared pages and large pages", timeIn<TimeUse::Break>},
    VmMetric{"time_unzip", Time, "decompressing", timeIn<TimeUse::Unzip>},
    VmMetric{"time_swap_in", Time, "swap-ins: faults and the disk's own time", timeIn<TimeUse::SwapIn>},
    VmMetric{"time_disk_queue", Time, "behind others at a disk", timeIn<TimeUse::DiskQueue>},
    VmMetric{"time_guest_disk", Time, "its image disk's own time", timeIn<TimeUse::GuestDisk>},
    VmMetric{"time_guest_paging", Time, "its swap disk's own time", timeIn<TimeUse::GuestPaging>},
    VmMetric{"time_reclaim", Time, "until memory was reclaimed for it", timeIn<TimeUse::Reclaim>},
    VmMetric{"time_blocked", Time, "not allowed to run", timeIn<TimeUse::Blocked>},
    VmMetric{"guest_free", Size, "guest's own figure: its free list", guestPages<&oc_guest_stats::frames_free>},
    VmMetric{"guest_kernel", Size, "guest's own figure: kernel code, data and tables", guestPages<&oc_guest_stats::frames_kernel>},
    VmMetric{"guest_cache", Size, "guest's own figure: page cache", guestPages<&oc_guest_stats::frames_cache>},
    VmMetric{"guest_user", Size, "guest's own figure: program memory", guestPages<&oc_guest_stats::frames_user>},
    VmMetric{"guest_balloon", Size, "guest's own figure: pages its balloon driver holds", guestPages<&oc_guest_stats::frames_balloon>},
    VmMetric{"guest_minor_faults", Count, "guest's own figure: page faults without its disk", guestCount<&oc_guest_stats::minor_faults>},
    VmMetric{"guest_major_faults", Count, "guest's own figure: page faults that read its swap disk",
             guestCount<&oc_guest_stats::major_faults>},
    VmMetric{"guest_swap_outs", Count, "guest's own figure: pages it wrote to its swap disk", guestCount<&oc_guest_stats::swap_outs>},
    VmMetric{"guest_swap_ins", Count, "guest's own figure: pages it read from its swap disk", guestCount<&oc_guest_stats::swap_ins>},
    VmMetric{"guest_cache_reads", Count, "guest's own figure: image blocks read", guestCount<&oc_guest_stats::cache_reads>},
    VmMetric{"guest_cache_hits", Count, "guest's own figure: reads that its page cache served", guestCount<&oc_guest_stats::cache_hits>},
    VmMetric{"guest_oom_kills", Count, "guest's own figure: programs its OOM killer ended", guestCount<&oc_guest_stats::oom_kills>},
    VmMetric{"guest_phase", Count, "guest's own figure: phase of the program", guestCount<&oc_guest_stats::phase>},
};

template <typename Metrics>
auto named(const Metrics& metrics, std::string_view name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

}  // namespace

std::string_view nameOf(MetricUnit unit) {
  switch (unit) {
    case Size: return "bytes";
    case Time: return "ns";
    case Count: return "count";
    case PerSecond: return "1/s";
    case Permille: return "permille";
  }
  return "unknown";
}

std::span<const HostMetric> hostMetrics() { return kHostMetrics; }
std::span<const VmMetric> vmMetrics() { return kVmMetrics; }

Result<MetricRef> findMetric(std::string_view path, std::span<const std::string> vmNames) {
  MetricRef reference;
  std::vector<std::string> known;
  if (path.starts_with("host.")) {
    reference.host = named(kHostMetrics, path.substr(5));
    if (reference.host != nullptr) return reference;
  } else if (path.starts_with("vm.")) {
    for (std::size_t i = 0; i < vmNames.size(); ++i) {
      const std::string prefix = "vm." + vmNames[i] + ".";
      if (!path.starts_with(prefix)) continue;
      reference.vm = VmId(static_cast<std::uint16_t>(i));
      reference.vmMetric = named(kVmMetrics, path.substr(prefix.size()));
      if (reference.vmMetric != nullptr) return reference;
    }
  }
  for (const HostMetric& metric : kHostMetrics) known.push_back(fmt::format("host.{}", metric.name));
  for (const std::string& vm : vmNames) {
    for (const VmMetric& metric : kVmMetrics) known.push_back(fmt::format("vm.{}.{}", vm, metric.name));
  }
  const std::vector<std::string_view> words(known.begin(), known.end());
  return failure("there is no metric \"{}\"{}; `overcommit metrics` lists all", path, didYouMean(path, words));
}

std::uint64_t readMetric(const Host& host, const MetricRef& metric) {
  if (metric.host != nullptr) return metric.host->read(host);
  return metric.vmMetric->read(*host.vms()[metric.vm.value()]);
}

}  // namespace overcommit

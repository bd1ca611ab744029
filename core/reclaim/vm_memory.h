// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/vm_clock.h"
#include "machine/guest_physical_memory.h"
#include "policy/large_pages.h"
#include "policy/reclaim_targets.h"
#include "reclaim/compression_cache.h"
#include "reclaim/page_times.h"
#include "reclaim/recent_faults.h"
#include "reclaim/swap_file.h"
#include "reclaim/working_set_sampler.h"
#include "trace/event.h"

namespace overcommit {

// What the administrator gave a VM; may change while it runs.
struct MemorySettings {
  Pages reservation;
  std::optional<Pages> limit;
  std::uint64_t shares = 0;
};

// What happened to a VM's memory since power-on. Only transitions count: a window that is filled again is free and unseen.
struct MemoryCounters {
  std::uint64_t firstTouches = 0, breaks = 0, zips = 0, unzips = 0, swapIns = 0, swapOuts = 0, inflates = 0, deflates = 0, pops = 0;
  std::uint64_t largeTouches = 0, largeBreaks = 0;  // of large pages
  [[nodiscard]] std::uint64_t nestedFaults() const { return firstTouches + largeTouches + breaks + unzips + swapIns; }
};

// The memory of one running VM as the reclaimer sees it. Plain data with its parts; the pager alone changes it.
struct VmMemory {
  VmMemory(VmId vm, std::string vmName, GuestPhysicalMemory memory, VmClock& vmClock, SwapFile swapFile, Random victimDraws)
      : id(vm),
        name(std::move(vmName)),
        guest(std::move(memory)),
        clock(vmClock),
        swap(std::move(swapFile)),
        victims(victimDraws),
        workingSet(Random(vm.value(), "working set")) {}

  VmId id;
  std::string name;
  GuestPhysicalMemory guest;
  VmClock& clock;
  SwapFile swap;
  std::optional<CompressionCache> zip;  // nothing: this hypervisor cannot compress
  Random victims;
  MemorySettings settings;
  MemoryCounters counters;
  RecentFaults recent;
  LargeBacking largeBacking = LargeBacking::Off;
  PageTimes times;
  // The guest's page-table pool, [first, end): never sampled, shared, zipped or swapped.
  Gfn tablesFirst, tablesEnd;
  // What the memory scheduler makes of it.
  WorkingSetSampler workingSet;
  Pages active;                   // the estimate that its target was computed with
  Pages target;                   // machine pages it should have
  std::uint64_t targetEvent = 0;  // that said so
  Pages swapTarget;               // pages to be shared, zipped or swapped
  Pages paidAtLimit;              // since the balloon's last poll: pages that came, each of which made another one go
  bool aboveTargetInLow = false;  // it may not run until memory recovers
  // The balloon, as far as the host knows it: maximum and driver come from the balloon device, the target goes there.
  struct Balloon {
    Pages maximum, target;
    BalloonDriver driver = BalloonDriver::Absent;
    std::uint64_t told = 0;  // the event that told the driver its target; 0: none yet
  } balloon;
  // Why the VM must be stopped: a fault that could not be served. Once set, its state is never used again.
  std::optional<std::string> dead;
  // Memory ran so short that it must not be entered again until some is free.
  bool mustBlock = false;
  std::uint64_t blockCause = 0;  // the event that took the frame
  // Called when a page was taken away or replaced, for code that was translated from it.
  std::function<void(Gfn)> pageReplaced;
  // Called when `dead` or `mustBlock` is set during a fault, so that the vCPU stops soon.
  std::function<void()> stopSoon;

  // Machine pages behind guest pages, as targets and limits count them; the compression cache is the VM's own memory.
  [[nodiscard]] Pages allocated() const {
    return guest.count(PagePlace::Private) + guest.count(PagePlace::Shared) + (zip ? zip->frames() : Pages(0));
  }
  [[nodiscard]] bool isTable(Gfn gfn) const { return gfn >= tablesFirst && gfn < tablesEnd; }
};

// An event of this VM at its own time, and one of its pages that was considered and left alone.
Event eventOf(const VmMemory& vm, EventKind kind, Gfn gfn = Gfn(0));
Event refusalOf(const VmMemory& vm, Gfn gfn, RefusalReason reason, std::uint64_t cause);

}  // namespace overcommit

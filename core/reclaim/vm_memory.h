// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/vm_clock.h"
#include "machine/guest_physical_memory.h"
#include "reclaim/recent_faults.h"
#include "reclaim/swap_file.h"

namespace overcommit {

// What the administrator gave a VM; may change while it runs.
struct MemorySettings {
  Pages reservation;
  std::optional<Pages> limit;
  std::uint64_t shares = 0;
};

// What happened to a VM's memory since power-on. Only transitions count: a window that is filled again is free and unseen.
struct MemoryCounters {
  std::uint64_t firstTouches = 0, breaks = 0, swapIns = 0, swapOuts = 0, inflates = 0, deflates = 0, pops = 0;
  [[nodiscard]] std::uint64_t nestedFaults() const { return firstTouches + breaks + swapIns; }
};

// The memory of one running VM as the reclaimer sees it. Plain data with its parts; the pager alone changes it.
struct VmMemory {
  VmMemory(VmId vm, std::string vmName, GuestPhysicalMemory memory, VmClock& vmClock, SwapFile swapFile, Random victimDraws)
      : id(vm), name(std::move(vmName)), guest(std::move(memory)), clock(vmClock), swap(std::move(swapFile)), victims(victimDraws) {}

  VmId id;
  std::string name;
  GuestPhysicalMemory guest;
  VmClock& clock;
  SwapFile swap;
  Random victims;
  MemorySettings settings;
  MemoryCounters counters;
  RecentFaults recent;
  // The guest's page-table pool, [first, end): never sampled, shared, zipped or swapped.
  Gfn tablesFirst, tablesEnd;
  // Why the VM must be stopped: a fault that could not be served. Once set, its state is never used again.
  std::optional<std::string> dead;
  // Memory ran so short that it must not be entered again until some is free.
  bool mustBlock = false;
  // Called when a page was taken away or replaced, for code that was translated from it.
  std::function<void(Gfn)> pageReplaced;
  // Called when `dead` or `mustBlock` is set during a fault, so that the vCPU stops soon.
  std::function<void()> stopSoon;

  // Machine pages behind guest pages, as targets and limits count them.
  [[nodiscard]] Pages allocated() const { return guest.count(PagePlace::Private) + guest.count(PagePlace::Shared); }
  [[nodiscard]] bool isTable(Gfn gfn) const { return gfn >= tablesFirst && gfn < tablesEnd; }
};

}  // namespace overcommit

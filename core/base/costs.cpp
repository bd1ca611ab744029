// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/costs.h"

#include <array>

namespace overcommit {
namespace {

// Orders of magnitude of the time when ESX 4 and 5 were new: nested-paging hardware, disks of 7,200 to 15,000 turns a minute.
constexpr std::array kTable{
    CostInfo{"first_touch", &Costs::firstTouch, microseconds(1), "a nested fault that gives a zeroed frame",
             "an EPT violation (about 0.5 us on such hosts) and clearing 4 KiB (about 0.3 us)"},
    CostInfo{"large_touch", &Costs::largeTouch, microseconds(150), "a nested fault that gives a zeroed large page",
             "an EPT violation and clearing 2 MiB, at the pace of `first_touch`: 512 times 0.3 us"},
    CostInfo{"break", &Costs::breakShared, microseconds(2), "a write to a shared page: fault, frame, copy",
             "first touch plus a copy of 4 KiB and a TLB invalidation"},
    CostInfo{"large_break", &Costs::breakLarge, microseconds(3), "a large page is mapped by pages of 4 KiB again",
             "writing a table of 512 entries (about 1 us), an exit and a TLB invalidation (about 2 us)"},
    CostInfo{"zip", &Costs::zip, microseconds(12), "compressing a page (host CPU)", "LZ4-class compression at about 350 MB/s"},
    CostInfo{"unzip", &Costs::unzip, microseconds(4), "a fault on a compressed page", "a fault and decompression at about 1.5 GB/s"},
    CostInfo{"swap_in_fault", &Costs::swapInFault, microseconds(3), "a fault on a swapped page, without the disk",
             "fault, block-layer submission, completion"},
    CostInfo{"swap_read", &Costs::swapRead, milliseconds(5), "reading a page from a .vswp file", "a random read on a 10,000-turn disk"},
    CostInfo{"swap_write", &Costs::swapWrite, microseconds(500), "writing a page to a .vswp file",
             "clustered writes: one seek for about ten pages"},
    CostInfo{"disk_read", &Costs::diskRead, milliseconds(5), "a guest reads a block of its disk", "a random read on a 10,000-turn disk"},
    CostInfo{"disk_write", &Costs::diskWrite, microseconds(500), "a guest writes a block of its disk", "write-back, clustered"},
    CostInfo{"disk_stream", &Costs::diskStream, microseconds(50), "a guest reads or writes the block right behind its last one",
             "4 KiB at 80 MB/s, read ahead"},
    CostInfo{"hypercall", &Costs::hypercall, nanoseconds(500), "a VM exit and the way back", "an exit on such hosts, about 1,500 cycles"},
    CostInfo{"balloon_call", &Costs::balloonCall, microseconds(1), "a call of the balloon protocol", "a backdoor exit and its handling"},
    CostInfo{"scan_page", &Costs::scanPage, microseconds(1), "hashing a page for page sharing (host CPU)", "4 KiB at about 4 GB/s"},
    CostInfo{"compare_page", &Costs::comparePage, nanoseconds(500), "comparing two pages", "8 KiB at memory speed"},
    CostInfo{"block_of_code", &Costs::blockOfCode, nanoseconds(2), "a basic block of a guest that computes without a hypercall",
             "about five instructions at 2.5 GHz"},
};

}  // namespace

std::span<const CostInfo> costTable() { return kTable; }

Costs defaultCosts() {
  Costs costs;
  for (const CostInfo& info : kTable) costs.*info.member = info.fallback;
  return costs;
}

}  // namespace overcommit

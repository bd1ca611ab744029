// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "base/ids.h"

namespace overcommit {

// What things cost in virtual time. Each constant has a name (as in a scenario's [cost] table), a default and a provenance; the
// table is in costs.cpp and printed by `overcommit metrics --costs` and in docs/reference/scenario.md.
struct Costs {
  VirtualTime firstTouch;   // nested fault, zeroed frame, table update
  VirtualTime largeTouch;   // the same for a large page: 2 MiB zeroed
  VirtualTime breakShared;  // nested fault, copy of a page
  VirtualTime breakLarge;   // a large page is mapped by 4 KiB again
  VirtualTime zip;          // compressing a page (host CPU)
  VirtualTime unzip;        // nested fault, decompression
  VirtualTime swapInFault;  // nested fault around a swap-in, without the disk
  VirtualTime swapRead;     // reading one page from .vswp: device time, the [disk] queue comes on top
  VirtualTime swapWrite;    // writing one page to .vswp
  VirtualTime diskRead;     // a guest's disk, one block
  VirtualTime diskWrite;
  VirtualTime diskStream;   // a block right behind the guest's last one: no seek
  VirtualTime hypercall;    // an exit and the way back
  VirtualTime balloonCall;  // one call of the balloon protocol
  VirtualTime scanPage;     // hashing a page for page sharing (host CPU)
  VirtualTime comparePage;  // comparing two pages
  VirtualTime blockOfCode;  // a basic block of a guest that computes without telling how long
};

struct CostInfo {
  std::string_view name;  // "first_touch"
  VirtualTime Costs::*member;
  VirtualTime fallback;
  std::string_view meaning;
  std::string_view provenance;
};
std::span<const CostInfo> costTable();
Costs defaultCosts();

}  // namespace overcommit

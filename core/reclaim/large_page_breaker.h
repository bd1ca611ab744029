// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "policy/free_state.h"
#include "reclaim/page_sharing.h"
#include "reclaim/pager.h"

namespace overcommit {

// Breaks large pages where the free state asks for it, so that page sharing can find what large pages hide (EPP15: ESXi 6 does so below
// the high threshold, before it balloons). The VM that is furthest above its target goes first, and of its large pages the one with most
// pages that are known to have an equal.
class LargePageBreaker {
 public:
  LargePageBreaker(Pager& pager, PageSharing& sharing) : pager_(pager), sharing_(sharing) {}

  // Between quanta, before pages are scanned. Breaks at most kMostAtOnce: enough to keep ahead of VMs that fill memory, few enough that
  // a short dip of free memory does not cost all large pages. Not published.
  void run(const Permits& permits);
  static constexpr std::uint64_t kMostAtOnce = 4;

 private:
  [[nodiscard]] VmMemory* mostAboveTarget() const;
  [[nodiscard]] Gfn mostSharable(const VmMemory& vm) const;

  Pager& pager_;
  PageSharing& sharing_;
};

}  // namespace overcommit

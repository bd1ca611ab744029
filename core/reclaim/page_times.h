// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "base/ids.h"

namespace overcommit {

// When each page of a VM came to the place where it is, and when the host last noticed a touch of it, by the VM's clock. Sixteen bytes
// a page, and so kept only where a policy has something to choose from.
class PageTimes {
 public:
  struct Times {
    VirtualTime placed, seen;
  };

  void keepFor(Pages pages) { times_.resize(pages.value()); }
  void place(Gfn gfn, VirtualTime now) {
    if (!times_.empty()) times_[gfn.value()] = {now, now};
  }
  void see(Gfn gfn, VirtualTime now) {
    if (!times_.empty()) times_[gfn.value()].seen = now;
  }
  [[nodiscard]] Times of(Gfn gfn) const { return times_.empty() ? Times() : times_[gfn.value()]; }

 private:
  std::vector<Times> times_;  // none: not kept
};

}  // namespace overcommit

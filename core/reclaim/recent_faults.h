// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>

#include "base/ids.h"

namespace overcommit {

// The last pages that a VM faulted in. They are never reclaimed, so that an instruction which needs several pages at once
// (16 are more than any needs) finds them all when it is restarted.
class RecentFaults {
 public:
  void add(Gfn gfn) {
    gfns_[next_] = gfn.value() + 1;
    next_ = (next_ + 1) % gfns_.size();
  }
  [[nodiscard]] bool contains(Gfn gfn) const {
    for (const std::uint64_t recent : gfns_) {
      if (recent == gfn.value() + 1) return true;
    }
    return false;
  }

 private:
  std::array<std::uint64_t, 16> gfns_{};  // gfn + 1; 0 = none
  std::size_t next_ = 0;
};

}  // namespace overcommit

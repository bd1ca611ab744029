// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/victim.h>
using namespace overcommit::policy;

// Least recently used, as nearly as it can be had.
class OldestOfAll : public VictimPolicy {
  std::uint32_t candidates_wanted() const override { return 64; }
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate> candidates) override {
    std::uint32_t oldest = 0;
    for (std::uint32_t i = 1; i < candidates.size(); ++i) {
      if (candidates[i].seen < candidates[oldest].seen) oldest = i;
    }
    return oldest;
  }
};
OVERCOMMIT_VICTIM(OldestOfAll)

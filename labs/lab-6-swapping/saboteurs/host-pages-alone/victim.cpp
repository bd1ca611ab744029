// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/victim.h>
using namespace overcommit::policy;

// The one of a few that was not seen for longest. Of a few: what was seen is little, and a guest that goes round and round needs just
// what was not seen for longest.
class OldestOfThree : public VictimPolicy {
  std::uint32_t candidates_wanted() const override { return 3; }
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate> candidates) override {
    std::uint32_t oldest = 0;
    for (std::uint32_t i = 1; i < candidates.size(); ++i) {
      if (candidates[i].seen < candidates[oldest].seen) oldest = i;
    }
    return oldest;
  }
};
OVERCOMMIT_VICTIM(OldestOfThree)

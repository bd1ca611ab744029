// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/victim.h>
using namespace overcommit::policy;

// The page that was touched last, because it is at hand.
class Newest : public VictimPolicy {
  std::uint32_t candidates_wanted() const override { return 16; }
  std::uint32_t choose(const VictimQuestion&, std::span<const VictimCandidate> candidates) override {
    std::uint32_t newest = 0;
    for (std::uint32_t i = 1; i < candidates.size(); ++i) {
      if (candidates[i].seen > candidates[newest].seen) newest = i;
    }
    return newest;
  }
};
OVERCOMMIT_VICTIM(Newest)

// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 6, part 3: which page leaves memory?
//
//   try it:  overcommit run moved.toml --policy victim=victim.cpp
//            overcommit run round.toml --policy victim=victim.cpp
//   ask:     overcommit lab check 6 3.1 --submission .
//
// Of each candidate you know its number (gfn), when it got its frame (placed), when the hypervisor last noticed a touch (seen; it notices
// nested faults, and touches of the few pages that it samples), and by how many pages its frame is shared. You do not know what the guest
// uses it for, nor what it will do next.
#include <overcommit/victim.h>
using namespace overcommit::policy;

class Mine : public VictimPolicy {
  // How many to choose from, 1 to 64. They are drawn at random.
  std::uint32_t candidates_wanted() const override { return 1; }

  std::uint32_t choose(const VictimQuestion& question, std::span<const VictimCandidate> candidates) override {
    // The index of one of them. The first one is a random page: what ESX does. Try to do better for moved.toml, and then see what that
    // does to round.toml.
    (void)question;
    (void)candidates;
    return 0;
  }
};
OVERCOMMIT_VICTIM(Mine)

// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/targets.h>
#include <algorithm>
using namespace overcommit::policy;

// Gives everybody the reservation, and shares out the rest by what is used: idle memory counts for nothing.
class ByUse : public TargetsPolicy {
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) override {
    std::uint64_t left = question.available, used = 1;
    for (std::size_t i = 0; i < vms.size(); ++i) {
      targets[i] = std::min(vms[i].reservation, vms[i].configured);
      left -= std::min(left, targets[i]);
      used += vms[i].active;
    }
    for (std::size_t i = 0; i < vms.size(); ++i) {
      const std::uint64_t most = std::max(targets[i], std::min(vms[i].limit, vms[i].configured));
      targets[i] = std::min(most, targets[i] + left * vms[i].active / used);
    }
  }
};
OVERCOMMIT_TARGETS(ByUse)

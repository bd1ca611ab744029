// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 8, part 4: how many pages should each VM have?
//
//   try it:      overcommit run two.toml --policy targets=targets.cpp --trace mine.octrace
//   look at it:  overcommit trace events mine.octrace --kind target
//   ask:         overcommit lab check 8 3.1 --submission .
//
// You are asked about all VMs at once. There are question.available pages for them, and question.tax_percent is the tax on idle ones.
// Of each VM you know shares, configured, reservation, limit, active (the estimate of what it uses) and wanted (what it ever touched).
#include <overcommit/targets.h>
#include <algorithm>
using namespace overcommit::policy;

class Mine : public TargetsPolicy {
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) override {
    // What is right in form: no VM below its reservation or above its limit or size, and all of them together not above what there is.
    // An answer that is not is not followed, and the lab counts it. This one gives the reservations, and nothing else.
    for (std::size_t i = 0; i < vms.size(); ++i) targets[i] = std::min(vms[i].reservation, vms[i].configured);

    // What is missing:
    // 1. Give the rest by shares. Giving page by page to whoever has most shares per page is right, and slow; all pages that cost at
    //    most so much a share, and the price found by halving an interval, come to the same.
    // 2. Tax: an idle page costs 1 / (1 - tax) times as much as an active one, so that S / (P (f + k (1 - f))) is what a VM pays.
    // 3. First up to what VMs want; only what is then left goes to those that may have more.
    (void)question;
  }
};
OVERCOMMIT_TARGETS(Mine)

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "base/ids.h"
#include "policy/idle_tax.h"

namespace overcommit {

// What a VM may claim of the host's memory.
struct VmClaim {
  std::uint64_t shares = 0;  // <= 2^27; 0: held at exactly its reservation (A25 p353)
  Pages configured;
  Pages reservation;
  Pages active;                   // the working-set estimate
  Pages limit = kMostTaxedPages;  // none
  // What it would use if it got it: every page that it ever touched, wherever that is now. The default is all it may have.
  Pages wanted = kMostTaxedPages;
};

// How many pages each VM should have of those `available` to VMs: the min-funding equilibrium (W02 section 5.2), to the page. It is
// where revoking a page from the VM with the lowest rho and giving it to whoever then pays most has come to rest:
//
//     for every VM i above its least and j below its most:  rho of i as it is  >=  rho of j with one page more
//
// Between equals the first one gives, as in leastFunded(): the odd page is the later VM's. A VM's least is its reservation, its most
// the lower one of limit and configured size (never below its reservation). What VMs want is served first; what is then left goes
// to those that may have more, by the same rule. If not even the reservations fit, each VM's target is its reservation; otherwise the
// sum of all targets is `available`, or all that VMs may have.
std::vector<Pages> allocationTargets(Pages available, std::span<const VmClaim> vms, IdleTax tax);

}  // namespace overcommit

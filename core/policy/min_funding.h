// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/ids.h"
#include "policy/idle_tax.h"

namespace overcommit {

// What a VM pays for its memory, as the revocation policy sees it.
struct VmFunding {
  std::uint64_t shares = 0;  // <= 2^27
  Pages allocated;
  Pages reservation;
  bool eligible = false;    // false: nothing can be taken from it now
  Pages active = Pages(0);  // the estimate; counts only under a tax
};

// Shares per unit of charge, in millionths: the price rho of W02 section 5.2. Without a tax, shares per page. 0 without memory.
std::uint64_t fundingMillionths(const VmFunding& vm, IdleTax tax = {});

// Min-funding revocation: the VM that pays least for its memory (lowest rho), among those that are eligible and above their reservation. The first
// of equals. Nothing if there is none.
std::optional<std::size_t> leastFunded(std::span<const VmFunding> vms, IdleTax tax = {});

}  // namespace overcommit

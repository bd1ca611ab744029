// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/ids.h"

namespace overcommit {

// What a VM pays for its memory, as the revocation policy sees it.
struct VmFunding {
  std::uint64_t shares = 0;  // <= 2^27
  Pages allocated;
  Pages reservation;
  bool eligible = false;  // false: nothing can be taken from it now
};

// Shares per page, in millionths: the price rho of W02 section 5.2 without the idle tax.
std::uint64_t fundingMillionths(const VmFunding& vm);

// Min-funding revocation: the VM that pays least per page, among those that are eligible and above their reservation. The first
// of equals. Nothing if there is none.
std::optional<std::size_t> leastFunded(std::span<const VmFunding> vms);

}  // namespace overcommit

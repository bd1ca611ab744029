// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/min_funding.h"

namespace overcommit {

std::uint64_t fundingMillionths(const VmFunding& vm) {
  return vm.allocated.value() == 0 ? 0 : vm.shares * 1'000'000 / vm.allocated.value();
}

std::optional<std::size_t> leastFunded(std::span<const VmFunding> vms) {
  std::optional<std::size_t> least;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const VmFunding& vm = vms[i];
    if (!vm.eligible || vm.allocated <= vm.reservation) continue;
    // shares / allocated compared without division
    if (!least || vm.shares * vms[*least].allocated.value() < vms[*least].shares * vm.allocated.value()) least = i;
  }
  return least;
}

}  // namespace overcommit

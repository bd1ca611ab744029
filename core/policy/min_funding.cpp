// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/min_funding.h"

#include "policy/wide.h"

namespace overcommit {
namespace {

std::uint64_t chargeOf(const VmFunding& vm, IdleTax tax) { return ChargeCurve(vm.active, tax).chargeOf(vm.allocated); }

}  // namespace

std::uint64_t fundingMillionths(const VmFunding& vm, IdleTax tax) {
  const std::uint64_t charge = chargeOf(vm, tax);
  return charge == 0 ? 0 : static_cast<std::uint64_t>(Wide{vm.shares} * 1'000'000 * chargeUnit(tax) / charge);
}

std::optional<std::size_t> leastFunded(std::span<const VmFunding> vms, IdleTax tax) {
  std::optional<std::size_t> least;
  std::uint64_t leastCharge = 0;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const VmFunding& vm = vms[i];
    if (!vm.eligible || vm.allocated <= vm.reservation) continue;
    const std::uint64_t charge = chargeOf(vm, tax);
    // shares / charge compared without division
    if (least && Wide{vm.shares} * leastCharge >= Wide{vms[*least].shares} * charge) continue;
    least = i;
    leastCharge = charge;
  }
  return least;
}

}  // namespace overcommit

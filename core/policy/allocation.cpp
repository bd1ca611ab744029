// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/allocation.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "policy/wide.h"

namespace overcommit {
namespace {

// The n-th page of a VM is worth its price, charge(n) / shares = 1 / rho: the more a VM has, the dearer the next page. The
// equilibrium gives out the cheapest pages of all VMs. With all pages up to a price level handed out,
//
//     pages(level) = sum over VMs of clamp(most pages with charge <= shares * level)
//
// rises with the level, so the level is found by bisection. Levels are whole numbers of 1 / 2^scale, so fine that one step of the
// level adds at most one page to each VM; the last step's pages are compared exactly.
class Bidder {
 public:
  Bidder(const VmClaim& vm, IdleTax tax)
      : curve_(vm.active, tax),
        shares_(vm.shares),
        least_(std::min(vm.reservation, vm.configured)),
        most_(shares_ == 0 ? least_ : std::max(least_, std::min(vm.limit, vm.configured))),
        wanted_(std::clamp(vm.wanted, least_, most_)) {}

  [[nodiscard]] Pages least() const { return least_; }
  [[nodiscard]] Pages most() const { return most_; }
  [[nodiscard]] std::uint64_t shares() const { return shares_; }
  [[nodiscard]] std::uint64_t chargeOf(Pages pages) const { return curve_.chargeOf(pages); }

  void wantNoMoreThanIsTouched() { boundBy(least_, wanted_); }
  void startFromWhatIsTouched() { boundBy(wanted_, most_); }

  // At price level `level`: pages whose charge is at most shares * level / 2^scale.
  [[nodiscard]] Pages pagesAt(Wide level, unsigned scale) const {
    const Wide charge = Wide{shares_} * level >> scale;
    if (charge >= highCharge_) return high_;
    if (charge <= lowCharge_) return low_;
    return curve_.pagesFor(static_cast<std::uint64_t>(charge));
  }

  // The first level at which it has all it can get.
  [[nodiscard]] Wide levelOfAll(unsigned scale) const { return shares_ == 0 ? 0 : ((Wide{highCharge_} << scale) + shares_ - 1) / shares_; }

  [[nodiscard]] Pages low() const { return low_; }
  [[nodiscard]] Pages high() const { return high_; }

 private:
  void boundBy(Pages low, Pages high) {
    low_ = low;
    high_ = high;
    lowCharge_ = curve_.chargeOf(low);
    highCharge_ = curve_.chargeOf(high);
  }

  ChargeCurve curve_;
  std::uint64_t shares_;
  Pages least_, most_, wanted_;
  Pages low_, high_;  // between these the level decides
  std::uint64_t lowCharge_ = 0, highCharge_ = 0;
};

// Fine enough that no VM has two pages whose prices lie within one step.
unsigned scaleFor(std::span<const Bidder> bidders, IdleTax tax) {
  std::uint64_t most = 0;
  for (const Bidder& bidder : bidders) most = std::max(most, bidder.shares());
  const std::uint64_t step = chargeUnit(tax);  // an active page is the cheapest one
  return most <= step ? 0 : static_cast<unsigned>(std::bit_width(most / step));
}

Pages pagesAt(std::span<const Bidder> bidders, Wide level, unsigned scale) {
  Pages sum;
  for (const Bidder& bidder : bidders) sum += bidder.pagesAt(level, scale);
  return sum;
}

// More than all lower bounds and less than all upper bounds together are available.
void fill(Pages available, std::span<const Bidder> bidders, IdleTax tax, std::vector<Pages>& targets) {
  const unsigned scale = scaleFor(bidders, tax);
  Wide enough = 0, tooLow = 0;
  for (const Bidder& bidder : bidders) enough = std::max(enough, bidder.levelOfAll(scale));
  while (enough - tooLow > 1) {
    const Wide middle = tooLow + (enough - tooLow) / 2;
    (pagesAt(bidders, middle, scale) < available ? tooLow : enough) = middle;
  }

  // Who has one page more at `enough`, the one that pays most first.
  struct Bid {
    std::size_t vm;
    std::uint64_t charge;
  };
  std::vector<Bid> bids;
  Pages given;
  for (std::size_t i = 0; i < bidders.size(); ++i) {
    targets[i] = bidders[i].pagesAt(tooLow, scale);
    given += targets[i];
    const Pages more = bidders[i].pagesAt(enough, scale);
    if (more > targets[i]) bids.push_back({i, bidders[i].chargeOf(more)});
  }
  std::ranges::sort(bids, [&](const Bid& a, const Bid& b) {
    const Wide left = Wide{a.charge} * bidders[b.vm].shares(), right = Wide{b.charge} * bidders[a.vm].shares();
    return left != right ? left < right : a.vm > b.vm;
  });
  for (std::size_t i = 0; i < bids.size() && given < available; ++i) {
    targets[bids[i].vm] += Pages(1);
    given += Pages(1);
  }
}

}  // namespace

std::vector<Pages> allocationTargets(Pages available, std::span<const VmClaim> vms, IdleTax tax) {
  std::vector<Bidder> bidders;
  bidders.reserve(vms.size());
  for (const VmClaim& vm : vms) bidders.emplace_back(vm, tax);
  std::vector<Pages> targets(vms.size());

  const auto sumOf = [&](Pages (Bidder::*bound)() const) {
    Pages sum;
    for (const Bidder& bidder : bidders) sum += (bidder.*bound)();
    return sum;
  };
  const auto setTo = [&](Pages (Bidder::*bound)() const) {
    std::ranges::transform(bidders, targets.begin(), [&](const Bidder& bidder) { return (bidder.*bound)(); });
  };

  if (sumOf(&Bidder::least) >= available) {
    setTo(&Bidder::least);
    return targets;
  }
  if (sumOf(&Bidder::most) <= available) {
    setTo(&Bidder::most);
    return targets;
  }
  for (Bidder& bidder : bidders) bidder.wantNoMoreThanIsTouched();
  if (sumOf(&Bidder::high) < available) {
    for (Bidder& bidder : bidders) bidder.startFromWhatIsTouched();
  }
  if (sumOf(&Bidder::high) == available) {
    setTo(&Bidder::high);
  } else {
    fill(available, bidders, tax, targets);
  }
  return targets;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/targets.h>
#include <algorithm>
#include <vector>
using namespace overcommit::policy;

// Min-funding revocation at rest: there is a price per share, and every VM has as many pages as it can pay at that price.
class MinFunding : public TargetsPolicy {
  // What a VM may get in one round of giving.
  struct Bidder {
    std::uint64_t shares, active, least, most;
  };

  // The most pages that `money` pays, at 100 - tax for an active page and 100 for an idle one: k = 1 / (1 - tax).
  static std::uint64_t affordable(const Bidder& vm, std::uint64_t money, std::uint32_t tax) {
    const std::uint64_t active_price = 100 - tax, all_active = vm.active * active_price;
    const std::uint64_t pages = money <= all_active ? money / active_price : vm.active + (money - all_active) / 100;
    return std::clamp(pages, vm.least, vm.most);
  }

  static std::uint64_t give(std::uint64_t available, std::uint32_t tax, std::span<const Bidder> vms, std::span<std::uint64_t> targets) {
    // The highest level of money per share at which all that is bought is still there.
    const auto bought = [&](std::uint64_t level) {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < vms.size(); ++i) sum += targets[i] = affordable(vms[i], vms[i].shares * level / kScale, tax);
      return sum;
    };
    std::uint64_t enough = 0, too_much = kScale << 20;
    while (too_much - enough > 1) {
      const std::uint64_t level = enough + (too_much - enough) / 2;
      (bought(level) <= available ? enough : too_much) = level;
    }
    std::uint64_t left = available - std::min(available, bought(enough));
    // A page or two are left over by rounding.
    for (std::size_t i = 0; i < vms.size() && left > 0; ++i) {
      const std::uint64_t more = std::min({left, vms[i].most - targets[i], std::uint64_t{1}});
      targets[i] += more;
      left -= more;
    }
    return left;
  }
  static constexpr std::uint64_t kScale = 1 << 12;

  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) override {
    std::vector<Bidder> bidders;
    std::uint64_t all_wanted = 0;
    for (const VmClaim& vm : vms) {
      const std::uint64_t least = std::min(vm.reservation, vm.configured);
      const std::uint64_t most = vm.shares == 0 ? least : std::max(least, std::min(vm.limit, vm.configured));
      const std::uint64_t wanted = std::clamp(vm.wanted, least, most);
      all_wanted += wanted;
      bidders.push_back({vm.shares, vm.active, least, wanted});
    }
    // What VMs ever touched comes first; what is left goes to those that may have more.
    if (all_wanted < question.available) {
      for (std::size_t i = 0; i < vms.size(); ++i) {
        bidders[i].least = bidders[i].most;
        bidders[i].most = vms[i].shares == 0 ? bidders[i].least : std::max(bidders[i].least, std::min(vms[i].limit, vms[i].configured));
      }
    }
    give(question.available, question.tax_percent, bidders, targets);
  }
};
OVERCOMMIT_TARGETS(MinFunding)

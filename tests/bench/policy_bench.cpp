// SPDX-License-Identifier: GPL-2.0-or-later
// What a host decides at every balance: the free state, and for 1,000 VMs the estimate, the target and what is asked of balloon and swap.
#include <algorithm>
#include <vector>

#include "base/random.h"
#include "bench/paired.h"
#include "policy/allocation.h"
#include "policy/free_state.h"
#include "policy/profile.h"
#include "policy/reclaim_targets.h"
#include "policy/working_set.h"

namespace {

using namespace overcommit;

constexpr std::uint64_t kVms = 1'000;

struct Vm {
  VmClaim claim;
  VmHolding holding;
  ActiveAverages averages;
  SampleCounts counts;
};

// VMs of 64 MiB to 4 GiB with all kinds of settings, overcommitted twice.
class Host {
 public:
  Host() {
    Random random(1, "policy bench");
    std::uint64_t configured = 0;
    for (std::uint64_t i = 0; i < kVms; ++i) {
      Vm vm;
      const std::uint64_t pages = (1 + random.below(64)) * 16'384;
      vm.claim.configured = Pages(pages);
      vm.claim.shares = pages / 256 * (random.below(3) == 0 ? 5 : 10 + random.below(11));
      vm.claim.reservation = Pages(random.below(2) == 0 ? 0 : random.below(pages / 4));
      if (random.below(4) == 0) vm.claim.limit = Pages(pages / 2);
      vm.claim.wanted = Pages(pages / 2 + random.below(pages / 2));
      vm.averages = {300'000, 250'000, static_cast<std::uint32_t>(random.below(kWhole)), 5};
      vm.counts = {kPagesSampled, static_cast<std::uint32_t>(random.below(kPagesSampled))};
      vm.holding.allocated = Pages(random.below(pages));
      vm.holding.reservation = vm.claim.reservation;
      vm.holding.limit = vm.claim.limit;
      vm.holding.balloonMax = Pages(pages * 65 / 100);
      vm.holding.driver = random.below(4) == 0 ? BalloonDriver::Absent : BalloonDriver::Running;
      configured += pages;
      vms_.push_back(vm);
    }
    frames_ = Pages(configured / 2);
    rules_ = freeStateRules({}, profileOf(Vintage::Esx6));
    thresholds_ = thresholdsFor(frames_, bytesOf(frames_), rules_, 0);
  }

  void balance(IdleTax tax) {
    const Pages free = thresholds_.hard;
    state_ = nextFreeState(state_, free, thresholds_);
    std::vector<VmClaim> claims;
    claims.reserve(vms_.size());
    for (Vm& vm : vms_) {
      vm.claim.active = activePagesOf(estimateOf(vm.averages, vm.counts, 1).estimate, vm.claim.configured);
      claims.push_back(vm.claim);
    }
    const auto targets = allocationTargets(frames_ - reclaimGoal(thresholds_), claims, tax);
    const Permits permits = permitsIn(state_, headroomOf(free, thresholds_), rules_);
    for (std::size_t i = 0; i < vms_.size(); ++i) {
      vms_[i].holding.target = targets[i];
      benchmark::DoNotOptimize(reclaimTargetsOf(vms_[i].holding, permits));
    }
  }

 private:
  std::vector<Vm> vms_;
  Pages frames_;
  FreeStateRules rules_;
  FreeStateThresholds thresholds_;
  FreeState state_ = FreeState::High;
};

void stateAndTargets(benchmark::State& state, IdleTaxCurve curve) {
  Host host;
  std::vector<double> times;
  for (auto _ : state) {
    for (int i = 0; i < 10 * bench::kPairs; ++i) times.push_back(bench::nanosecondsOf([&] { host.balance({75, curve}); }));
  }
  std::sort(times.begin(), times.end());
  bench::figure(state, bench::atMost(1), times[times.size() / 2] / 1e6);
  state.SetLabel("ms, median");
}

BENCHMARK_CAPTURE(stateAndTargets, flat, IdleTaxCurve::Flat)->Name("state and targets of 1,000 VMs, flat tax")->Iterations(1);
BENCHMARK_CAPTURE(stateAndTargets, progressive, IdleTaxCurve::Progressive)
    ->Name("state and targets of 1,000 VMs, progressive tax")
    ->Iterations(1);

}  // namespace

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "policy/allocation.h"
#include "policy/min_funding.h"
#include "policy/reclaim_targets.h"
#include "reclaim/pager.h"

namespace overcommit {

// The host's settings of the memory scheduler; periods are already divided by time_scale. May change while VMs run.
struct ScheduleSettings {
  IdleTax tax;
  VirtualTime balancePeriod = seconds(15);  // BalancePeriod
  VirtualTime samplePeriod = seconds(60);   // SamplePeriod, of a VM's own running time
  std::uint64_t activeMinPercent = 0;       // SampleActivePctMin
  FreeStateRules rules;
  HypervisorSwap swap = HypervisorSwap::Allowed;
};

// Decides what every VM should have. Between quanta it ends and begins sampling periods, and recomputes the VMs' targets when the
// balance period is over, when the free state or much free memory has changed, and when it is told that a VM or a setting has. From
// targets and state follow each VM's balloon target, what is to be swapped, and whether it may run.
//
//   available to VMs = what they have + free memory - the goal of reclaiming
//
// so that targets neither leave memory idle nor ask for more than is short.
class MemoryScheduler {
 public:
  MemoryScheduler(const Pager::Parts& parts, Pager& pager, const ScheduleSettings& settings);

  void setSettings(const ScheduleSettings& settings, std::uint64_t cause);
  // The targets are recomputed with the next run(). `cause`: the power-on or setting that asks for it.
  void expire(BalanceReason reason, std::uint64_t cause);
  void run(VirtualTime now);

  [[nodiscard]] const ScheduleSettings& settings() const { return settings_; }
  [[nodiscard]] Permits permits() const;
  [[nodiscard]] ActiveEstimate estimateOf(const VmMemory& vm) const;
  [[nodiscard]] VirtualTime nextBalance() const { return nextBalance_; }

 private:
  // Why the targets do not hold any more, and the event that says so (0 = none).
  struct Expiry {
    BalanceReason reason = BalanceReason::Period;
    std::uint64_t cause = 0;
  };
  void sample();
  [[nodiscard]] std::optional<Expiry> expiry(VirtualTime now) const;
  std::uint64_t recordBalance(const Expiry& why, VirtualTime now, Pages available);
  void setTargets(const Expiry& why, VirtualTime now);

  Pager::Parts parts_;
  Pager& pager_;
  ScheduleSettings settings_;
  std::optional<Expiry> expired_ = Expiry{};
  VirtualTime nextBalance_;
  FreeState lastState_ = FreeState::High;
  Pages lastFree_;
};

}  // namespace overcommit

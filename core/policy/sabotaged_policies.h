// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/saboteur.h"
#include "policy/seam.h"

namespace overcommit {

// What a saboteur makes of the decisions of ESX: right in form, so that no check of answers finds it. Only where nobody else decides.
class SabotagedPolicies final : public FreeStatePolicy, public ZipPolicy, public TargetsPolicy {
 public:
  explicit SabotagedPolicies(Saboteur saboteur) : saboteur_(saboteur) {}
  // `chosen` with the saboteur in the places that it is about and that are empty.
  [[nodiscard]] Policies behind(Policies chosen);

  void next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) override;
  void admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) override;
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return kMostCandidates; }
  void evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> candidates,
             std::span<std::uint32_t> answers) override;
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) override;

 private:
  Saboteur saboteur_;
};

}  // namespace overcommit

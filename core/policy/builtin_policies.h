// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "policy/seam.h"

namespace overcommit {

// What ESX does, behind the seam.

// Equal hash and equal salt (KB2097593).
class BuiltinMatch final : public MatchPolicy {
 public:
  void match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) override;
};

// A random page, so that the guest's own replacement is not followed into its worst case (W02 section 3.3): the first candidate.
class BuiltinVictim final : public VictimPolicy {
 public:
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return 1; }
  void choose(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates,
              std::span<std::uint32_t> answers) override;
};

// What fits half a page stays if there may be a cache at all (DOC-ZIP, LTB); the page that was not accessed for the longest time
// goes. A touch takes a page out of the cache, so that is the oldest one.
class BuiltinZip final : public ZipPolicy {
 public:
  void admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) override;
  [[nodiscard]] std::uint32_t candidatesWanted() const override { return 1; }
  void evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> candidates,
             std::span<std::uint32_t> answers) override;
};

// nextFreeState().
class BuiltinFreeState final : public FreeStatePolicy {
 public:
  void next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) override;
};

// allocationTargets().
class BuiltinTargets final : public TargetsPolicy {
 public:
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) override;
};

class BuiltinPolicies final {
 public:
  [[nodiscard]] Policies all() { return {&match_, &victim_, &zip_, &freeState_, &targets_}; }

 private:
  BuiltinMatch match_;
  BuiltinVictim victim_;
  BuiltinZip zip_;
  BuiltinFreeState freeState_;
  BuiltinTargets targets_;
};

}  // namespace overcommit

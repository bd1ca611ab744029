// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "policy/builtin_policies.h"
#include "trace/event.h"

namespace overcommit {

// An answer that was not followed: which policy's (one of RefusalReason::Wrong...), and about what.
struct WrongAnswer {
  RefusalReason which;
  VmId vm = kNoVm;
  Gfn gfn = Gfn(0);
  std::string text;  // what it was, and what it may be: "answered 99; it may be the index of a candidate, 0 to 15"
};

// The one through whom the engine asks policies. It looks at every answer of a policy that is not built in before anybody acts on it:
//
//   match        Leave or CompareAndShare; not CompareAndShare where the salts differ
//   victim       the index of one of the question's own candidates
//   zip          Zip or Swap; not Zip where there may be no cache
//   eviction     as victim
//   free state   one of the states, and Clear only where there is one
//   targets      each at least what allocationTargets() always gives, the reservation, and at most limit and size;
//                their sum at most what is available, or what is reserved if that is more
//
// An answer that is none of these, and one that was not given, is reported, and the built-in policy's counts instead: the one answer
// in a batch, but all targets, since they are one answer.
class CheckedPolicies final {
 public:
  explicit CheckedPolicies(const Policies& chosen = {});

  // Called for every answer that is not followed. May be empty.
  std::function<void(const WrongAnswer&)> report;

  [[nodiscard]] MatchAnswer match(const MatchQuestion& question);
  void match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers);
  void victims(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates, std::span<std::uint32_t> answers);
  [[nodiscard]] ZipAnswer zip(const ZipQuestion& question);
  [[nodiscard]] std::uint32_t evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates);
  [[nodiscard]] FreeState freeState(const FreeStateQuestion& question);
  void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers);

  // How many candidates are to be found for a question: 1 to kMostCandidates, whatever the policy wants.
  [[nodiscard]] std::uint32_t victimCandidates() const { return victimCandidates_; }
  [[nodiscard]] std::uint32_t evictionCandidates() const { return evictionCandidates_; }
  // Before match(): both pages of a question, for a policy that wants to see them.
  [[nodiscard]] bool matchSeesContents() const { return matchContents_ != 0; }
  [[nodiscard]] std::uint32_t mostMatchesWithContents() const { return matchContents_; }
  void show(std::uint32_t question, std::span<const std::byte, kPageSize> page, std::span<const std::byte, kPageSize> known) {
    chosen_.match->show(question, page, known);
  }
  // Is it worth while to ask many questions at once, even if some are asked in vain? Not of what is built in: that answers at once.
  [[nodiscard]] bool matchesInBatches() const { return chosen_.match != nullptr; }
  [[nodiscard]] bool victimsInBatches() const { return chosen_.victim != nullptr; }

 private:
  void wrong(RefusalReason which, VmId vm, Gfn gfn, std::string text) const;

  BuiltinMatch builtinMatch_;
  BuiltinVictim builtinVictim_;
  BuiltinZip builtinZip_;
  BuiltinFreeState builtinFreeState_;
  BuiltinTargets builtinTargets_;
  Policies chosen_;
  std::uint32_t victimCandidates_, evictionCandidates_, matchContents_;
};

}  // namespace overcommit

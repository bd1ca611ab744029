// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/sabotaged_policies.h"

#include <algorithm>

#include "policy/builtin_policies.h"

namespace overcommit {
namespace {

// More free memory, a worse state.
FreeState theWrongWayRound(const FreeStateQuestion& host) {
  const FreeStateThresholds& at = host.thresholds;
  if (host.free > at.soft) return FreeState::Low;
  if (host.free > at.hard) return FreeState::Hard;
  if (host.free > at.low) return FreeState::Soft;
  return FreeState::High;
}

}  // namespace

Policies SabotagedPolicies::behind(Policies chosen) {
  const bool state = saboteur_ == Saboteur::WrongThresholdDirection || saboteur_ == Saboteur::NoHysteresis;
  if (state && chosen.freeState == nullptr) chosen.freeState = this;
  if (saboteur_ == Saboteur::IgnoredTax && chosen.targets == nullptr) chosen.targets = this;
  if (saboteur_ == Saboteur::NewestEvicted && chosen.zip == nullptr) chosen.zip = this;
  return chosen;
}

void SabotagedPolicies::next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) {
  for (std::size_t i = 0; i < questions.size(); ++i) {
    FreeStateThresholds thresholds = questions[i].thresholds;
    thresholds.hysteresis = Pages(0);
    answers[i] = saboteur_ == Saboteur::WrongThresholdDirection ? theWrongWayRound(questions[i])
                                                                : nextFreeState(questions[i].current, questions[i].free, thresholds);
  }
}

void SabotagedPolicies::admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) {
  BuiltinZip().admit(questions, answers);
}

void SabotagedPolicies::evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> /*candidates*/,
                              std::span<std::uint32_t> answers) {
  std::ranges::transform(questions, answers.begin(), [](const EvictQuestion& question) { return question.candidates.count - 1; });
}

void SabotagedPolicies::targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) {
  BuiltinTargets().targets({question.available, {0, question.tax.curve}}, vms, answers);
}

}  // namespace overcommit

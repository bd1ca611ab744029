// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/checked_policies.h"

#include <algorithm>

#include "base/error.h"

namespace overcommit {
namespace {

// What stands in the place of an answer before the policy gives it: no answer at all.
constexpr auto kNoMatchAnswer = static_cast<MatchAnswer>(0xff);
constexpr auto kNoZipAnswer = static_cast<ZipAnswer>(0xff);
constexpr auto kNoState = static_cast<FreeState>(0xff);
constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};
constexpr Pages kNoTarget(~std::uint64_t{0});

template <typename Policy>
std::uint32_t candidatesOf(const Policy* policy, const Policy& builtin) {
  return std::clamp((policy == nullptr ? builtin : *policy).candidatesWanted(), 1u, kMostCandidates);
}

bool isRight(const MatchQuestion& page, MatchAnswer answer) {
  return answer == MatchAnswer::Leave || (answer == MatchAnswer::CompareAndShare && page.salt == page.knownSalt);
}

bool isRight(const ZipQuestion& page, ZipAnswer answer) {
  return answer == ZipAnswer::Swap || (answer == ZipAnswer::Zip && page.mostFrames > Pages(0));
}

bool isRight(const FreeStateQuestion& host, FreeState answer) {
  switch (answer) {
    case FreeState::High:
    case FreeState::Soft:
    case FreeState::Hard:
    case FreeState::Low: return true;
    case FreeState::Clear: return host.thresholds.clear > Pages(0);
  }
  return false;
}

bool areRight(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<const Pages> answers) {
  Pages sum, reserved;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const Pages least = std::min(vms[i].reservation, vms[i].configured);
    if (answers[i] < least || answers[i] > std::max(least, std::min(vms[i].limit, vms[i].configured))) return false;
    sum += answers[i];
    reserved += least;
  }
  return sum <= std::max(question.available, reserved);
}

}  // namespace

CheckedPolicies::CheckedPolicies(const Policies& chosen)
    : chosen_(chosen),
      victimCandidates_(candidatesOf<VictimPolicy>(chosen.victim, builtinVictim_)),
      evictionCandidates_(candidatesOf<ZipPolicy>(chosen.zip, builtinZip_)),
      matchContents_(chosen.match == nullptr ? 0 : chosen.match->mostWithContents()) {}

void CheckedPolicies::wrong(RefusalReason which, VmId vm, Gfn gfn) const {
  if (report) report({which, vm, gfn});
}

MatchAnswer CheckedPolicies::match(const MatchQuestion& question) {
  MatchAnswer answer{};
  match({&question, 1}, {&answer, 1});
  return answer;
}

void CheckedPolicies::match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) {
  if (chosen_.match == nullptr) return builtinMatch_.match(questions, answers);
  std::ranges::fill(answers, kNoMatchAnswer);
  chosen_.match->match(questions, answers);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (isRight(questions[i], answers[i])) continue;
    wrong(RefusalReason::WrongMatch, questions[i].vm, questions[i].gfn);
    builtinMatch_.match(questions.subspan(i, 1), answers.subspan(i, 1));
  }
}

void CheckedPolicies::victims(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> candidates,
                              std::span<std::uint32_t> answers) {
  if (chosen_.victim == nullptr) return builtinVictim_.choose(questions, candidates, answers);
  std::ranges::fill(answers, kNoIndex);
  chosen_.victim->choose(questions, candidates, answers);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (answers[i] < questions[i].candidates.count) continue;
    wrong(RefusalReason::WrongVictim, questions[i].vm, candidates[questions[i].candidates.first].gfn);
    builtinVictim_.choose(questions.subspan(i, 1), candidates, answers.subspan(i, 1));
  }
}

ZipAnswer CheckedPolicies::zip(const ZipQuestion& question) {
  ZipAnswer answer = kNoZipAnswer;
  if (chosen_.zip != nullptr) {
    chosen_.zip->admit({&question, 1}, {&answer, 1});
    if (isRight(question, answer)) return answer;
    wrong(RefusalReason::WrongZip, question.vm, question.gfn);
  }
  builtinZip_.admit({&question, 1}, {&answer, 1});
  return answer;
}

std::uint32_t CheckedPolicies::evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates) {
  std::uint32_t answer = kNoIndex;
  if (chosen_.zip != nullptr) {
    chosen_.zip->evict({&question, 1}, candidates, {&answer, 1});
    if (answer < question.candidates.count) return answer;
    wrong(RefusalReason::WrongEviction, question.vm, candidates[question.candidates.first].gfn);
  }
  builtinZip_.evict({&question, 1}, candidates, {&answer, 1});
  return answer;
}

FreeState CheckedPolicies::freeState(const FreeStateQuestion& question) {
  FreeState answer = kNoState;
  if (chosen_.freeState != nullptr) {
    chosen_.freeState->next({&question, 1}, {&answer, 1});
    if (isRight(question, answer)) return answer;
    wrong(RefusalReason::WrongFreeState, kNoVm, Gfn(0));
  }
  builtinFreeState_.next({&question, 1}, {&answer, 1});
  return answer;
}

void CheckedPolicies::targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) {
  if (chosen_.targets != nullptr) {
    std::ranges::fill(answers, kNoTarget);
    chosen_.targets->targets(question, vms, answers);
    if (areRight(question, vms, answers)) return;
    wrong(RefusalReason::WrongTargets, kNoVm, Gfn(0));
  }
  builtinTargets_.targets(question, vms, answers);
}

}  // namespace overcommit

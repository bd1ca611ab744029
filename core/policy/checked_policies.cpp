// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/checked_policies.h"

#include <fmt/format.h>

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

// What an answer was; what stands in its place if there was none is said so.
template <typename Answer>
std::string given(Answer answer, Answer none) {
  return fmt::format("{} {}", answer == none ? "gave no answer, or" : "answered", static_cast<std::uint64_t>(answer));
}

std::string explain(const MatchQuestion& page, MatchAnswer answer) {
  if (answer == MatchAnswer::CompareAndShare)
    return fmt::format("answered 1 (compare and share) for pages of salts {} and {}; of different salts it may only be 0 (leave)",
                       page.salt, page.knownSalt);
  return given(answer, kNoMatchAnswer) + "; it may be 0 (leave) or 1 (compare and share)";
}

std::string explain(ZipAnswer answer) {
  if (answer == ZipAnswer::Zip) return "answered 1 (zip) where there may be no cache (most_frames is 0); there it may only be 0 (swap)";
  return given(answer, kNoZipAnswer) + "; it may be 0 (swap) or 1 (zip)";
}

std::string explainIndex(std::uint32_t answer, std::uint32_t candidates) {
  return fmt::format("{}; it may be the index of one of the {} candidates, 0 to {}", given(answer, kNoIndex), candidates, candidates - 1);
}

std::string explain(const FreeStateQuestion& host, FreeState answer) {
  const bool five = host.thresholds.clear > Pages(0);
  return fmt::format("{}; it may be 0 (high), {}2 (soft), 3 (hard) or 4 (low){}", given(answer, kNoState), five ? "1 (clear), " : "",
                     five ? "" : ": there is no state clear where its threshold is 0");
}

std::string explain(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<const Pages> answers) {
  Pages sum, reserved;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const Pages least = std::min(vms[i].reservation, vms[i].configured);
    const Pages most = std::max(least, std::min(vms[i].limit, vms[i].configured));
    if (answers[i] < least || answers[i] > most)
      return fmt::format("{} as target {}; it may be {} (its reservation) to {} pages (the smaller of its limit and its size)",
                         given(answers[i].value(), kNoTarget.value()), i, least.value(), most.value());
    sum += answers[i];
    reserved += least;
  }
  return fmt::format("answered targets of {} pages together; they may have {}, what is available", sum.value(),
                     std::max(question.available, reserved).value());
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

void CheckedPolicies::wrong(RefusalReason which, VmId vm, Gfn gfn, std::string text) const {
  if (report) report({which, vm, gfn, std::move(text)});
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
    wrong(RefusalReason::WrongMatch, questions[i].vm, questions[i].gfn, explain(questions[i], answers[i]));
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
    wrong(RefusalReason::WrongVictim, questions[i].vm, candidates[questions[i].candidates.first].gfn,
          explainIndex(answers[i], questions[i].candidates.count));
    builtinVictim_.choose(questions.subspan(i, 1), candidates, answers.subspan(i, 1));
  }
}

ZipAnswer CheckedPolicies::zip(const ZipQuestion& question) {
  ZipAnswer answer = kNoZipAnswer;
  if (chosen_.zip != nullptr) {
    chosen_.zip->admit({&question, 1}, {&answer, 1});
    if (isRight(question, answer)) return answer;
    wrong(RefusalReason::WrongZip, question.vm, question.gfn, explain(answer));
  }
  builtinZip_.admit({&question, 1}, {&answer, 1});
  return answer;
}

std::uint32_t CheckedPolicies::evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates) {
  std::uint32_t answer = kNoIndex;
  if (chosen_.zip != nullptr) {
    chosen_.zip->evict({&question, 1}, candidates, {&answer, 1});
    if (answer < question.candidates.count) return answer;
    wrong(RefusalReason::WrongEviction, question.vm, candidates[question.candidates.first].gfn,
          explainIndex(answer, question.candidates.count));
  }
  builtinZip_.evict({&question, 1}, candidates, {&answer, 1});
  return answer;
}

FreeState CheckedPolicies::freeState(const FreeStateQuestion& question) {
  FreeState answer = kNoState;
  if (chosen_.freeState != nullptr) {
    chosen_.freeState->next({&question, 1}, {&answer, 1});
    if (isRight(question, answer)) return answer;
    wrong(RefusalReason::WrongFreeState, kNoVm, Gfn(0), explain(question, answer));
  }
  builtinFreeState_.next({&question, 1}, {&answer, 1});
  return answer;
}

void CheckedPolicies::targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) {
  if (chosen_.targets != nullptr) {
    std::ranges::fill(answers, kNoTarget);
    chosen_.targets->targets(question, vms, answers);
    if (areRight(question, vms, answers)) return;
    wrong(RefusalReason::WrongTargets, kNoVm, Gfn(0), explain(question, vms, answers));
  }
  builtinTargets_.targets(question, vms, answers);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/builtin_policies.h"

#include <algorithm>

#include "base/error.h"

namespace overcommit {
namespace {

// Answers each question for itself.
template <typename Question, typename Answer, typename Decision>
void each(std::span<const Question> questions, std::span<Answer> answers, Decision decision) {
  invariant(questions.size() == answers.size(), "every question of a policy has a place for its answer");
  std::ranges::transform(questions, answers.begin(), decision);
}

}  // namespace

void BuiltinMatch::match(std::span<const MatchQuestion> questions, std::span<MatchAnswer> answers) {
  each(questions, answers, [](const MatchQuestion& page) {
    return page.hash == page.knownHash && page.salt == page.knownSalt ? MatchAnswer::CompareAndShare : MatchAnswer::Leave;
  });
}

void BuiltinVictim::choose(std::span<const VictimQuestion> questions, std::span<const VictimCandidate> /*candidates*/,
                           std::span<std::uint32_t> answers) {
  each(questions, answers, [](const VictimQuestion&) { return 0u; });
}

void BuiltinZip::admit(std::span<const ZipQuestion> questions, std::span<ZipAnswer> answers) {
  each(questions, answers, [](const ZipQuestion& page) {
    const bool mayBeKept = page.mostFrames > Pages(0) && page.bytes <= kPageSize / 2;
    return mayBeKept ? ZipAnswer::Zip : ZipAnswer::Swap;
  });
}

void BuiltinZip::evict(std::span<const EvictQuestion> questions, std::span<const ZippedCandidate> /*candidates*/,
                       std::span<std::uint32_t> answers) {
  each(questions, answers, [](const EvictQuestion&) { return 0u; });
}

void BuiltinFreeState::next(std::span<const FreeStateQuestion> questions, std::span<FreeState> answers) {
  each(questions, answers, [](const FreeStateQuestion& host) { return nextFreeState(host.current, host.free, host.thresholds); });
}

void BuiltinTargets::targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<Pages> answers) {
  invariant(vms.size() == answers.size(), "every VM has a place for its target");
  std::ranges::copy(allocationTargets(question.available, vms, question.tax), answers.begin());
}

}  // namespace overcommit

// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// Reclaiming: which of these pages leaves memory?
//
//   #include <overcommit/victim.h>
//   using namespace overcommit::policy;
//   class Mine : public VictimPolicy {
//     std::uint32_t choose(const VictimQuestion& question, std::span<const VictimCandidate> candidates) override { ... }
//   };
//   OVERCOMMIT_VICTIM(Mine)

namespace overcommit::policy {

class VictimPolicy {
 public:
  virtual ~VictimPolicy() = default;
  // Asked once: how many candidates it wants to choose from, 1 to kMostCandidates. There may be fewer.
  virtual std::uint32_t candidates_wanted() const { return 16; }
  // The index of one of them. They were drawn at random; which is in candidates[0] is a fair choice already.
  virtual std::uint32_t choose(const VictimQuestion& question, std::span<const VictimCandidate> candidates) = 0;
};

inline int serve(VictimPolicy& policy) {
  static detail::Engine engine(detail::hello(PolicyKind::Victim, policy.candidates_wanted()));
  static std::uint32_t answers[kMostQuestions];
  while (engine.next()) {
    const auto questions = engine.questions<VictimQuestion>();
    const auto candidates = engine.items<VictimCandidate>();
    for (std::size_t i = 0; i < questions.size(); ++i)
      answers[i] = policy.choose(questions[i], candidates.subspan(questions[i].first, questions[i].count));
    engine.answer(answers, questions.size());
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_VICTIM(Class)                 \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class policy;                                \
    return ::overcommit::policy::serve(policy);  \
  }

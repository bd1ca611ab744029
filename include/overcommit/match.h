// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// Page sharing: do two pages with an equal hash match?
//
//   #include <overcommit/match.h>
//   using namespace overcommit::policy;
//   class Mine : public MatchPolicy {
//     MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) override { ... }
//   };
//   OVERCOMMIT_MATCH(Mine)

namespace overcommit::policy {

// 4096 bytes each, copies; nullptr unless wants_bytes() says that they are wanted.
struct PageBytes {
  const unsigned char* page;
  const unsigned char* known;
};

class MatchPolicy {
 public:
  virtual ~MatchPolicy() = default;
  // Asked once. With the bytes a policy can compare pages itself; copying them costs time.
  virtual bool wants_bytes() const { return false; }
  virtual MatchAnswer match(const MatchQuestion& question, const PageBytes& bytes) = 0;
};

inline int serve(MatchPolicy& policy) {
  static detail::Engine engine(detail::hello(PolicyKind::Match, 1, policy.wants_bytes()));
  static MatchAnswer answers[kMostQuestions];
  while (engine.next()) {
    const auto questions = engine.questions<MatchQuestion>();
    for (std::size_t i = 0; i < questions.size(); ++i) answers[i] = policy.match(questions[i], {engine.page(i, 0), engine.page(i, 1)});
    engine.answer(answers, questions.size());
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_MATCH(Class)                  \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class policy;                                \
    return ::overcommit::policy::serve(policy);  \
  }

// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// The host's free-memory state: what is it now?
//
//   #include <overcommit/free_state.h>
//   using namespace overcommit::policy;
//   class Mine : public FreeStatePolicy {
//     FreeState next(const FreeStateQuestion& question) override { ... }
//   };
//   OVERCOMMIT_FREE_STATE(Mine)

namespace overcommit::policy {

class FreeStatePolicy {
 public:
  virtual ~FreeStatePolicy() = default;
  // Clear only where the thresholds have one.
  virtual FreeState next(const FreeStateQuestion& question) = 0;
};

inline int serve(FreeStatePolicy& policy) {
  static detail::Engine engine(detail::hello(PolicyKind::FreeState));
  static FreeState answers[kMostQuestions];
  while (engine.next()) {
    const auto questions = engine.questions<FreeStateQuestion>();
    for (std::size_t i = 0; i < questions.size(); ++i) answers[i] = policy.next(questions[i]);
    engine.answer(answers, questions.size());
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_FREE_STATE(Class)             \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class policy;                                \
    return ::overcommit::policy::serve(policy);  \
  }

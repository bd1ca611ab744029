// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// The compression cache: does a page that is about to be swapped out stay in it instead, and which page leaves a full one?
//
//   #include <overcommit/zip.h>
//   using namespace overcommit::policy;
//   class Mine : public ZipPolicy {
//     ZipAnswer admit(const ZipQuestion& question) override { ... }
//     std::uint32_t evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates) override { ... }
//   };
//   OVERCOMMIT_ZIP(Mine)

namespace overcommit::policy {

class ZipPolicy {
 public:
  virtual ~ZipPolicy() = default;
  virtual ZipAnswer admit(const ZipQuestion& question) = 0;
  // Asked once: how many candidates it wants to choose from, 1 to kMostCandidates. There may be fewer.
  virtual std::uint32_t candidates_wanted() const { return 1; }
  // The index of one of them; they come in the order in which they were zipped, oldest first.
  virtual std::uint32_t evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates) = 0;
};

inline int serve(ZipPolicy& policy) {
  static detail::Engine engine(detail::hello(PolicyKind::Zip, policy.candidates_wanted()));
  static ZipAnswer admissions[kMostQuestions];
  static std::uint32_t evictions[kMostQuestions];
  while (engine.next()) {
    if (engine.request().kind == RequestKind::Admit) {
      const auto questions = engine.questions<ZipQuestion>();
      for (std::size_t i = 0; i < questions.size(); ++i) admissions[i] = policy.admit(questions[i]);
      engine.answer(admissions, questions.size());
    } else {
      const auto questions = engine.questions<EvictQuestion>();
      const auto candidates = engine.items<ZippedCandidate>();
      for (std::size_t i = 0; i < questions.size(); ++i)
        evictions[i] = policy.evict(questions[i], candidates.subspan(questions[i].first, questions[i].count));
      engine.answer(evictions, questions.size());
    }
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_ZIP(Class)                    \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class policy;                                \
    return ::overcommit::policy::serve(policy);  \
  }

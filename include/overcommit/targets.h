// SPDX-License-Identifier: MIT
#pragma once

#include "detail/serve.h"

// Who pays: how many pages should each VM have?
//
//   #include <overcommit/targets.h>
//   using namespace overcommit::policy;
//   class Mine : public TargetsPolicy {
//     void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) override { ... }
//   };
//   OVERCOMMIT_TARGETS(Mine)

namespace overcommit::policy {

class TargetsPolicy {
 public:
  virtual ~TargetsPolicy() = default;
  // targets[i] is vms[i]'s: at least its reservation, at most its limit and its size; all together at most what is available, or what
  // is reserved if that is more.
  virtual void targets(const TargetsQuestion& question, std::span<const VmClaim> vms, std::span<std::uint64_t> targets) = 0;
};

inline int serve(TargetsPolicy& policy) {
  static detail::Engine engine(detail::hello(PolicyKind::Targets));
  static std::uint64_t answers[kMostVms];
  while (engine.next()) {
    const auto vms = engine.items<VmClaim>();
    std::memset(answers, 0, sizeof answers);
    policy.targets(engine.questions<TargetsQuestion>()[0], vms, {answers, vms.size()});
    engine.answer(answers, vms.size());
  }
  return 0;
}

}  // namespace overcommit::policy

#define OVERCOMMIT_TARGETS(Class)                \
  int main() {                                   \
    ::overcommit::policy::detail::move_memory(); \
    Class policy;                                \
    return ::overcommit::policy::serve(policy);  \
  }

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/seam.h"
#include "student/policy_process.h"
#include "trace/event_log.h"

namespace overcommit {

// What became of one policy in a run.
struct PolicyOutcome {
  PolicySource source;
  std::uint64_t hash = 0;
  std::uint64_t requests = 0, questions = 0;
  std::optional<PolicyFailure> failure;
};

// Policies that somebody handed in, behind the seam: one process each, for one run. CheckedPolicies checks what they say; once one has
// failed it gives no answers any more, what is built in decides instead, and the run should be ended.
class StudentPolicies final {
 public:
  // Starts all of them; at most one a subject. They must outlive the host that asks them.
  static PolicyResult<std::unique_ptr<StudentPolicies>> start(const std::vector<BuiltPolicy>& built, const PolicySettings& settings);
  ~StudentPolicies();

  // For HostSurroundings. A walker is no policy of a host: see walker().
  [[nodiscard]] Policies asked();
  // What they print, and their failure, goes to this log at its host time; it outlives them.
  void reportTo(EventLog& log);

  // The first that failed; nothing while all work.
  [[nodiscard]] const PolicyFailure* failure() const;
  [[nodiscard]] std::vector<PolicyOutcome> outcomes() const;
  // The end of the run: takes what they still print.
  void finish();
  [[nodiscard]] const std::vector<std::unique_ptr<PolicyProcess>>& processes() const { return processes_; }
  // nullptr if there is none.
  [[nodiscard]] PolicyProcess* walker();

 private:
  class Behind;
  StudentPolicies();
  std::vector<std::unique_ptr<PolicyProcess>> processes_;
  std::vector<std::uint64_t> hashes_;
  std::unique_ptr<Behind> behind_;
};

}  // namespace overcommit

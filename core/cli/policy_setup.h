// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/run_setup.h"
#include "student/guest_driver.h"
#include "student/student_policies.h"

namespace overcommit {

// The policies that a command line names by --policy, built and started, and the balloon driver that it names by --driver, built.
class PolicySetup final {
 public:
  // Prints how policies are confined where that is less than it should be.
  static PolicyResult<PolicySetup> from(const CommandLine& line);

  // For setUp().
  [[nodiscard]] RunParts parts() const;
  void reportTo(EventLog& log);
  // nullptr: there is none.
  [[nodiscard]] PolicyProcess* walker() { return policies_ ? policies_->walker() : nullptr; }
  // Says on standard error how to attach a debugger to each policy, and waits for it.
  void waitForDebugger();
  [[nodiscard]] bool failed() const { return policies_ && policies_->failure() != nullptr; }
  void finish();
  [[nodiscard]] std::vector<PolicySnapshot> snapshots() const;

 private:
  std::optional<BuiltDriver> driver_;
  std::vector<BuiltPolicy> built_;
  std::unique_ptr<StudentPolicies> policies_;
};

// Says so on standard error where this machine confines policies less than it should.
void warnOfConfinement(const CommandLine& line);

ExitCode exitCodeFor(const PolicyFailure& failure);

// How policies are confined on this machine; the error says why they are not, and what to do. Allowed unconfined: no error.
PolicyResult<Confinement> confinementFor(const Confinement& offered, bool unconfined);

// $OVERCOMMIT_POLICY_PATIENCE, else the default, with the layout that --policy-layout wants.
Result<PolicySettings> policySettings(const CommandLine& line);

}  // namespace overcommit

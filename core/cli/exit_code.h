// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

#include "base/error.h"
#include "scenario/run_snapshot.h"

namespace overcommit {

// How every command ends. Scripts and graders rely on these numbers; they never change.
enum class ExitCode : int {
  Well = kExitWell,
  ExpectationFailed = kExitExpectationFailed,
  Usage = kExitUsage,
  PolicyNotBuilt = kExitPolicyNotBuilt,
  LimitReached = kExitLimitReached,
  GuestCrashed = kExitGuestCrashed,
  InvariantBroken = kExitInvariantBroken,
  BackendUnavailable = kExitBackendUnavailable,
  Interrupted = 130,  // 128 + SIGINT, as shells count
};

struct ExitCodeInfo {
  ExitCode code;
  std::string_view meaning;
};
inline constexpr std::array kExitCodes{
    ExitCodeInfo{ExitCode::Well, "all well"},
    ExitCodeInfo{ExitCode::ExpectationFailed,
                 "an expectation of the scenario, a shape of the sweep, or a check of the lab failed, or twin runs differ"},
    ExitCodeInfo{ExitCode::Usage, "the command line, the scenario, the lab, an input or an output file is at fault"},
    ExitCodeInfo{ExitCode::PolicyNotBuilt, "a policy does not build or does not start"},
    ExitCodeInfo{ExitCode::LimitReached, "a limit of the scenario was reached"},
    ExitCodeInfo{ExitCode::GuestCrashed,
                 "a policy crashed, hung or broke its protocol; or a guest crashed or hung, and no [[expect]] on its metric "
                 "crashed wants that"},
    ExitCodeInfo{ExitCode::InvariantBroken, "an invariant of Overcommit itself broke"},
    ExitCodeInfo{ExitCode::BackendUnavailable,
                 "this machine lacks what it takes: the backend, a compiler for policies, or a way to confine them"},
    ExitCodeInfo{ExitCode::Interrupted, "interrupted from the keyboard; the files written up to then are whole"},
};

}  // namespace overcommit

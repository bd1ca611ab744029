// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/policy_failure.h"

namespace overcommit {

std::string_view nameOf(PolicyTrouble trouble) {
  switch (trouble) {
    case PolicyTrouble::NotFound: return "not found";
    case PolicyTrouble::NoCompiler: return "no compiler";
    case PolicyTrouble::NotConfined: return "not confined";
    case PolicyTrouble::DoesNotCompile: return "does not compile";
    case PolicyTrouble::DoesNotLink: return "does not link";
    case PolicyTrouble::BuildLimit: return "build limit";
    case PolicyTrouble::DoesNotStart: return "does not start";
    case PolicyTrouble::OtherVersion: return "other version";
    case PolicyTrouble::Crashed: return "crashed";
    case PolicyTrouble::Ended: return "ended";
    case PolicyTrouble::Forbidden: return "forbidden system call";
    case PolicyTrouble::Hung: return "hung";
    case PolicyTrouble::WrongMessage: return "wrong message";
    case PolicyTrouble::Flooded: return "flooded";
  }
  return "";
}

bool neverStarted(PolicyTrouble trouble) { return trouble < PolicyTrouble::Crashed; }

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "overcommit/abi.h"
#include "policy/seam.h"

// The values of the seam as they go to a policy, and back: the one place where the two must agree.

namespace overcommit::wire {

policy::MatchQuestion of(const MatchQuestion& question);
policy::VictimQuestion of(const VictimQuestion& question);
policy::VictimCandidate of(const VictimCandidate& candidate);
policy::ZipQuestion of(const ZipQuestion& question);
policy::EvictQuestion of(const EvictQuestion& question);
policy::ZippedCandidate of(const ZippedCandidate& candidate);
policy::FreeStateQuestion of(const FreeStateQuestion& question);
policy::TargetsQuestion of(const TargetsQuestion& question);
policy::VmClaim of(const VmClaim& claim);

}  // namespace overcommit::wire

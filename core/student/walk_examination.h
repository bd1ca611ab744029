// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "student/policy_process.h"

namespace overcommit {

// What a walker answered, and what it read on the way.
struct WalkAnswered {
  policy::WalkAnswer answer{};
  std::uint64_t machineReads = 0, guestReads = 0;
};

// Reads 8 bytes at a multiple of 8; nothing: no memory is there.
using WalkReader = std::function<std::optional<std::uint64_t>(policy::Space space, std::uint64_t address)>;

// Asks one question. Nothing if the policy failed: see its failure().
std::optional<WalkAnswered> askWalk(PolicyProcess& walker, const policy::WalkQuestion& question, const WalkReader& read);

}  // namespace overcommit

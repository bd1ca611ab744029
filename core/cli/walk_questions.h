// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "host/host.h"
#include "scenario/run_snapshot.h"
#include "student/policy_process.h"

namespace overcommit {

// Which walks of a running guest a walker is asked for (overcommit run --policy walk=FILE --walks VM@TIME:COUNT).
struct WalkQuestions {
  std::string vm;
  VirtualTime at;
  std::uint64_t count = 0;

  // "guest@300ms:500"
  static Result<WalkQuestions> from(std::string_view text);
};

inline constexpr std::uint64_t kMostWalks = 100'000;

// Asks for addresses of the VM that are drawn from the run's seed: mapped ones, those that nothing maps, and those that no processor
// accepts, for reading and for writing. Holds each answer, and the references that it took, against the engine's own walk. Nothing of the
// host changes. A walker that fails ends it early. The error: there is no such VM, or it has no page tables now.
Result<std::vector<WalkMarks>> askForWalks(const Host& host, const WalkQuestions& questions, PolicyProcess& walker);

}  // namespace overcommit

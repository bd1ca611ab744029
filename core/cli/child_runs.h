// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/error.h"

namespace overcommit {

// Work that is done in processes of its own, several at a time. A run of the engine has one address space and one handler of
// memory faults: each gets a process, and what a broken one does is its own.
struct ChildOutcome {
  std::string answer;    // what it wrote
  std::string messages;  // what it said on standard error
  int exitCode = 0;      // 128 + the signal that ended it
};

// Calls `work` for 0 to count - 1, each in a fork of this process, at most `jobs` at a time; it writes its answer to the given file
// descriptor and returns its exit code. `done` hears of each in this process, in the order in which they end. When interrupted, no
// more are begun and those that run are asked to end. This process must have one thread. The error: no process could be made.
Result<void> runChildren(std::size_t count, std::size_t jobs, const std::function<int(std::size_t index, int answer)>& work,
                         const std::function<void(std::size_t index, ChildOutcome outcome)>& done);

}  // namespace overcommit

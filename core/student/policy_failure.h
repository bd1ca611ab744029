// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace overcommit {

// What can become of a policy that somebody handed in, besides working. Each is an outcome that is graded and explained, never an error
// of the engine.
enum class PolicyTrouble : std::uint8_t {
  // It never got to answer a question.
  NotFound,     // no such file, or not one that can be taken
  NoCompiler,   // this machine lacks what it needs
  NotConfined,  // this machine cannot confine it
  DoesNotCompile,
  DoesNotLink,
  BuildLimit,    // its compilation took too much time or memory
  DoesNotStart,  // it ended before it said hello
  OtherVersion,  // it speaks another version of the protocol, or is a policy of another kind
  // It did, and then
  Crashed,       // a signal ended it
  Ended,         // it ended by itself in the middle of the run
  Forbidden,     // it made a system call that policies may not make
  Hung,          // it gave no answer
  WrongMessage,  // it sent something that is no answer to what was asked
  Flooded,       // it printed without end
};
std::string_view nameOf(PolicyTrouble trouble);  // "does not compile"

// Whether the policy did not even build or start (exit code 3) or failed at work (exit code 5).
[[nodiscard]] bool neverStarted(PolicyTrouble trouble);

// `text`: what happened, to which policy, what may be the cause; for a person. Compiler messages and a policy's last words are in it.
struct PolicyFailure {
  PolicyTrouble trouble = PolicyTrouble::NotFound;
  std::string text;
};

template <typename T>
using PolicyResult = tl::expected<T, PolicyFailure>;

}  // namespace overcommit

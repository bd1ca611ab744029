// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace overcommit {

// A failure of the outside world, as one sentence for a person: what was being done, to what, why it failed, what to do.
struct Error {
  std::string text;
};

template <typename T>
using Result = tl::expected<T, Error>;

template <typename... Args>
[[nodiscard]] tl::unexpected<Error> failure(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{fmt::format(format, std::forward<Args>(args)...)});
}

// The text of an errno value, e.g. "no space left on device". Safe in any thread.
std::string systemErrorText(int error);

// The exit code of a process that found one of its own invariants broken (see the command reference).
inline constexpr int kExitInvariantBroken = 6;

// Who is told of a broken invariant before the process ends: once, on the thread that found it. The engine is as it was then, perhaps in
// the middle of a change: look at it, change nothing. nullptr: nobody.
using InvariantListener = void (*)(std::string_view what, const char* file, int line);
void setInvariantListener(InvariantListener listener);

// A fault that was put into the engine on purpose (base/saboteur.h): what breaks from now on is not called a defect of Overcommit. `name`
// must outlive the process's last invariant, as a literal does.
void setFaultOnPurpose(const char* name);

// Ends the process with kExitInvariantBroken after naming the broken invariant on standard error. Never returns.
[[noreturn]] void invariantBroken(std::string_view what, const char* file, int line);

}  // namespace overcommit

// A check that is on in every build: `what` names the invariant in words.
#define invariant(condition, what)                               \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::overcommit::invariantBroken((what), __FILE__, __LINE__); \
  } while (false)

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace overcommit {

// How what a student handed in is kept from everything else on this machine. Layers that are there are all used:
//
//   files          Landlock (Linux 5.13), else a mount namespace of its own: only what is named can be opened.
//                  Else, for root, another user: what everybody may read stays visible.
//   system calls   a seccomp filter: no network, no other processes, no tracing
//   resources      rlimits: processor time, address space, file sizes, open files, processes
//   privileges     no new ones; root becomes another user
enum class FileFence : std::uint8_t { Landlock, MountNamespace, OtherUser, None };

struct Confinement {
  FileFence files = FileFence::None;
  bool filtersCalls = false;
  bool otherUser = false;    // this process is root, and what it confines is not
  int landlockVersion = 0;   // 0: not on this machine
  bool randomLayout = true;  // addresses differ from run to run

  // Nothing of the outside can be read, and nothing reached.
  [[nodiscard]] bool complete() const { return filtersCalls && (files == FileFence::Landlock || files == FileFence::MountNamespace); }
  // "Landlock (version 7), system-call filter, another user"
  [[nodiscard]] std::string text() const;
};

// The version of Landlock's interface here; 0: there is none.
int landlockVersion();

// What this machine offers; it is tried out, in a child process where needed.
Confinement probeConfinement();

// The user and group that root's policies run as: nobody's.
inline constexpr uid_t kOtherUser = 65534;

// What may be opened.
struct VisibleFiles {
  std::vector<std::filesystem::path> readable;  // to read and to execute; folders with all that is in them. What does not exist is skipped
  std::vector<std::filesystem::path> writable;  // also to make, write and remove files in
};

// Which system calls there are: for a policy few; for tools such as a compiler all but those that lead outside.
enum class CallFilter : std::uint8_t { Policy, Tool };

// For a process that is about to execute something else, in this order. The error is what could not be done.
Result<void> showOnly(const VisibleFiles& visible);             // Landlock
Result<void> enterMountNamespace(const VisibleFiles& visible);  // before the user changes
Result<void> becomeOtherUser();
Result<void> filterCalls(CallFilter filter);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/confinement.h"

#include <grp.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>

namespace overcommit {
namespace {

// Whether a child process can do it: what it does to itself cannot be undone.
bool worksInAChild(const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) ::_exit(attempt() ? 0 : 1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool layoutIsRandom() {
  std::ifstream file("/proc/sys/kernel/randomize_va_space");
  int level = 0;
  return file >> level && level > 0;
}

}  // namespace

std::string Confinement::text() const {
  std::string text;
  switch (files) {
    case FileFence::Landlock: text = fmt::format("Landlock (version {})", landlockVersion); break;
    case FileFence::MountNamespace: text = "a mount namespace"; break;
    case FileFence::OtherUser: text = "files of this user alone hidden"; break;
    case FileFence::None: text = "all files of this user visible"; break;
  }
  text += filtersCalls ? ", system-call filter" : ", no system-call filter";
  if (otherUser) text += ", another user";
  return text;
}

Confinement probeConfinement() {
  Confinement found;
  found.otherUser = ::geteuid() == 0 && worksInAChild([] { return becomeOtherUser().has_value(); });
  found.landlockVersion = landlockVersion();
  found.filtersCalls = worksInAChild([] { return filterCalls(CallFilter::Policy).has_value(); });
  found.randomLayout = layoutIsRandom();
  const VisibleFiles some{{"/usr/bin"}, {}};
  if (found.landlockVersion > 0 && worksInAChild([&] { return showOnly(some).has_value(); }))
    found.files = FileFence::Landlock;
  else if (worksInAChild([&] { return enterMountNamespace(some).has_value(); }))
    found.files = FileFence::MountNamespace;
  else if (found.otherUser)
    found.files = FileFence::OtherUser;
  return found;
}

Result<void> becomeOtherUser() {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kOtherUser, kOtherUser, kOtherUser) != 0 ||
      ::setresuid(kOtherUser, kOtherUser, kOtherUser) != 0)
    return failure("cannot become user {}: {}", kOtherUser, systemErrorText(errno));
  return {};
}

}  // namespace overcommit

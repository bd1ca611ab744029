// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "base/descriptor.h"
#include "student/confinement.h"

namespace overcommit {
namespace {

// Later than the kernel headers of Debian 12; the numbers are the kernel's.
constexpr std::uint64_t kRefer = std::uint64_t{1} << 13;     // version 2
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;  // version 3

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kVersion1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

Result<void> allow(int rules, const std::filesystem::path& path, std::uint64_t access) {
  const OwnedDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.open()) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return failure("cannot open {}: {}", path.string(), systemErrorText(errno));
  }
  struct stat info {};
  if (::fstat(place.get(), &info) != 0) return failure("cannot look at {}: {}", path.string(), systemErrorText(errno));
  if (!S_ISDIR(info.st_mode)) access &= kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return failure("Landlock does not take a rule for {}: {}", path.string(), systemErrorText(errno));
  return {};
}

}  // namespace

int landlockVersion() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<void> showOnly(const VisibleFiles& visible) {
  const int version = landlockVersion();
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kVersion1 | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
  const OwnedDescriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0)));
  if (!rules.open()) return failure("Landlock makes no rules: {}", systemErrorText(errno));
  for (const auto& path : visible.readable) {
    if (auto allowed = allow(rules.get(), path, kRead); !allowed) return allowed;
  }
  for (const auto& path : visible.writable) {
    if (auto allowed = allow(rules.get(), path, attributes.handled_access_fs); !allowed) return allowed;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure("cannot give up new privileges: {}", systemErrorText(errno));
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
    return failure("Landlock does not restrict the process: {}", systemErrorText(errno));
  return {};
}

}  // namespace overcommit

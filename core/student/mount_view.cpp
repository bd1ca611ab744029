// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fstream>

#include "base/descriptor.h"
#include "student/confinement.h"

namespace overcommit {
namespace {

namespace fs = std::filesystem;

// Where the new root is put together. What lies there now is hidden, but can still be named by descriptors opened before.
constexpr const char* kStage = "/tmp";

enum class MayWrite : std::uint8_t { No, Yes };
struct Piece {
  fs::path path;
  OwnedDescriptor source;
  MayWrite write = MayWrite::No;
};

Result<void> writeFile(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  if (!file) return failure("cannot write {}", path);
  return {};
}

Result<void> makeNamespaces() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  const int kinds = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | (user == 0 ? 0 : CLONE_NEWUSER);
  if (::unshare(kinds) != 0) return failure("no namespaces of its own: {}", systemErrorText(errno));
  if (user != 0) {
    if (auto done = writeFile("/proc/self/setgroups", "deny"); !done) return done;
    if (auto done = writeFile("/proc/self/uid_map", fmt::format("{} {} 1", user, user)); !done) return done;
    if (auto done = writeFile("/proc/self/gid_map", fmt::format("{} {} 1", group, group)); !done) return done;
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    // In a chroot "/" is a plain folder: neither this nor pivot_root() works on it.
    if (errno == EINVAL) return failure("no mount namespace: \"/\" is not a mount point, because this process runs in a chroot");
    return failure("mounts cannot be made private: {}", systemErrorText(errno));
  }
  return {};
}

Result<void> collect(std::vector<Piece>& pieces, const std::vector<fs::path>& paths, MayWrite write) {
  for (const fs::path& path : paths) {
    OwnedDescriptor source(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (source.open())
      pieces.push_back({path, std::move(source), write});
    else if (errno != ENOENT && errno != ENOTDIR)
      return failure("cannot open {}: {}", path.string(), systemErrorText(errno));
  }
  return {};
}

// A mount keeps the restrictions of the one it comes from; a user namespace insists on that.
unsigned long restrictionsOf(const std::string& place) {
  struct statvfs info {};
  if (::statvfs(place.c_str(), &info) != 0) return 0;
  unsigned long flags = 0;
  if ((info.f_flag & ST_NOEXEC) != 0) flags |= MS_NOEXEC;
  if ((info.f_flag & ST_NOATIME) != 0) flags |= MS_NOATIME;
  if ((info.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
  return flags;
}

Result<void> show(const Piece& piece) {
  const std::string target = kStage + piece.path.string();
  const std::string source = fmt::format("/proc/self/fd/{}", piece.source.get());
  struct stat info {};
  if (::fstat(piece.source.get(), &info) != 0) return failure("cannot look at {}: {}", piece.path.string(), systemErrorText(errno));
  std::error_code error;
  fs::create_directories(S_ISDIR(info.st_mode) ? fs::path(target) : fs::path(target).parent_path(), error);
  if (!S_ISDIR(info.st_mode)) const OwnedDescriptor made(::open(target.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return failure("cannot show {}: {}", piece.path.string(), systemErrorText(errno));
  const bool device = S_ISCHR(info.st_mode);
  const unsigned long flags =
      MS_BIND | MS_REMOUNT | MS_NOSUID | (device ? 0 : MS_NODEV) | (piece.write == MayWrite::Yes ? 0 : MS_RDONLY) | restrictionsOf(target);
  if (!device && ::mount(nullptr, target.c_str(), nullptr, flags, nullptr) != 0)
    return failure("cannot restrict {}: {}", piece.path.string(), systemErrorText(errno));
  return {};
}

}  // namespace

Result<void> enterMountNamespace(const VisibleFiles& visible) {
  if (auto made = makeNamespaces(); !made) return made;
  // Another user is to come to what is made here.
  const mode_t mask = ::umask(0022);
  std::vector<Piece> pieces;
  if (auto done = collect(pieces, visible.readable, MayWrite::No); !done) return done;
  if (auto done = collect(pieces, visible.writable, MayWrite::Yes); !done) return done;
  if (::mount("tmpfs", kStage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0)
    return failure("cannot mount a root: {}", systemErrorText(errno));
  for (const Piece& piece : pieces) {
    if (auto shown = show(piece); !shown) return shown;
  }
  pieces.clear();
  if (::chdir(kStage) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0)
    return failure("cannot change to the new root: {}", systemErrorText(errno));
  if (::mount(nullptr, "/", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) != 0)
    return failure("cannot make the new root read-only: {}", systemErrorText(errno));
  ::umask(mask);
  return {};
}

}  // namespace overcommit

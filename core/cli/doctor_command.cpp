// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "cpu/unicorn_vcpu.h"
#include "machine/guest_windows.h"
#include "student/policy_builder.h"

namespace overcommit {
namespace {

enum class Health {
  Good,
  Lacking,   // something works less well, or not at all, that most runs do not need
  Unusable,  // scenarios with guests cannot run
};

struct Finding {
  std::string_view subject;
  Health health = Health::Good;
  std::string what;
  std::string fix;  // "" if there is nothing to mend
};

// A file descriptor that is closed at the end of a check.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

Finding unicorn() {
  const auto info = probeUnicorn();
  if (!info) return {"Unicorn", Health::Unusable, info.error().text, "install libunicorn-dev 2.0.1 or newer"};
  const std::string_view kind = info->kind == UnicornKind::Translates
                                    ? "translates guest-virtual addresses itself"
                                    : "uses guest-virtual addresses as physical ones; a dynamic window makes up for it";
  return {"Unicorn", Health::Good, fmt::format("{}: {}", info->version, kind), ""};
}

// Every emulator reserves address space, and ends the process if it cannot.
Finding addressSpace() {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return {"address space", Health::Good, "not limited", ""};
  const Bytes allowed(limit.rlim_cur);
  constexpr Bytes kWanted(std::uint64_t{16} << 30);
  return {"address space", allowed < kWanted ? Health::Lacking : Health::Good,
          fmt::format("limited to {}; each VM with a CPU reserves a little more than 1 GiB", formatBytes(allowed)),
          allowed < kWanted ? "ulimit -v unlimited" : ""};
}

Finding kvm() {
  const Descriptor device(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (device.open())
    return {"KVM", Health::Good, "/dev/kvm can be opened; this version of Overcommit has no KVM backend yet and runs everything on Unicorn",
            ""};
  const int error = errno;
  return {"KVM", Health::Lacking, fmt::format("/dev/kvm cannot be opened: {}; runs on Unicorn do not need it", systemErrorText(error)),
          error == EACCES ? "usermod -aG kvm $USER, then log in again"
                          : "load the module kvm_intel or kvm_amd, or allow nested virtualisation"};
}

Finding userfaultfd() {
  Descriptor device(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC)));
  if (!device.open()) {
    const int error = errno;
    const bool byDevice = ::access("/dev/userfaultfd", R_OK | W_OK) == 0;
    if (byDevice) return {"userfaultfd", Health::Good, "available through /dev/userfaultfd", ""};
    return {"userfaultfd", Health::Lacking, fmt::format("{}; only the KVM backend will need it", systemErrorText(error)),
            "Linux 6.1 or newer: chgrp kvm /dev/userfaultfd; chmod g+rw /dev/userfaultfd"};
  }
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = 0;
  const bool answered = ::ioctl(device.get(), UFFDIO_API, &api) == 0;
  const bool protects = answered && (api.features & UFFD_FEATURE_WP_HUGETLBFS_SHMEM) != 0;
  if (!protects)
    return {"userfaultfd", Health::Lacking, "available, without write protection of shared memory; only the KVM backend will need it",
            "Linux 5.19 or newer"};
  return {"userfaultfd", Health::Good, "available, with write protection of shared memory", ""};
}

Finding mappings() {
  const std::uint64_t limit = MappingBudget::systemLimit();
  constexpr std::uint64_t kWanted = 60'000;
  return {"memory mappings", limit < kWanted ? Health::Lacking : Health::Good,
          fmt::format("up to {} for all windows together; beyond that windows are flushed, which is slower but changes no result", limit),
          limit < kWanted ? "sysctl vm.max_map_count=262144" : ""};
}

Finding memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    std::uint64_t kibibytes = 0;
    if (word != "MemAvailable:" || !(file >> kibibytes)) continue;
    const Bytes available(kibibytes * 1024);
    constexpr Bytes kWanted(std::uint64_t{512} << 20);
    return {"memory", available < kWanted ? Health::Lacking : Health::Good,
            fmt::format("{} available; a run takes up to the memory of its host, and about 8 MiB a VM", formatBytes(available)),
            available < kWanted ? "end other programs, or run scenarios with a smaller host" : ""};
  }
  return {"memory", Health::Lacking, "/proc/meminfo does not say how much is available", ""};
}

Finding swapFiles() {
  const auto directory = swapDirectory();
  const std::string fix = "set OVERCOMMIT_SWAP_DIR to a directory that can be written, on a disk with room";
  const Descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file.open() && errno != EOPNOTSUPP && errno != EISDIR)
    return {"swap files", Health::Unusable, fmt::format("cannot create files in {}: {}", directory.string(), systemErrorText(errno)), fix};
  struct statvfs info {};
  if (::statvfs(directory.c_str(), &info) != 0)
    return {"swap files", Health::Unusable, fmt::format("cannot look at {}: {}", directory.string(), systemErrorText(errno)), fix};
  const Bytes room(info.f_bavail * info.f_frsize);
  constexpr Bytes kWanted(std::uint64_t{1} << 30);
  return {"swap files", room < kWanted ? Health::Lacking : Health::Good,
          fmt::format("in {}, {} free", directory.string(), formatBytes(room)), room < kWanted ? fix : ""};
}

Finding referenceGuest() {
  const auto guest = findReferenceGuest();
  if (!guest) return {"reference guest", Health::Unusable, guest.error().text, ""};
  return {"reference guest", Health::Good, guest->string(), ""};
}

Finding confinement() {
  const Confinement found = probeConfinement();
  const std::string what = fmt::format("policies of your own are confined by {}", found.text());
  if (found.complete()) return {"confinement", Health::Good, what, ""};
  if (!found.filtersCalls || found.files == FileFence::None)
    return {"confinement", Health::Lacking, what + ": they do not run without --unconfined",
            "Linux 5.13 or newer with Landlock (lsm=landlock,...) or user namespaces, and seccomp; in a container, a newer runtime"};
  return {"confinement", Health::Lacking, what + ": what everybody may read stays visible to them",
          "Linux 5.13 or newer with Landlock (lsm=landlock,...), or namespaces; keep solutions readable for their owner alone"};
}

Finding policyTools() {
  const auto compiler = findTool("OVERCOMMIT_CXX", {"g++", "c++", "clang++"}), python = findTool("OVERCOMMIT_PYTHON", {"python3"});
  const auto text = [](const std::filesystem::path& path) { return path.empty() ? std::string("not there") : path.string(); };
  const auto sdk = findSdk();
  return {"policies", compiler.empty() || !sdk ? Health::Lacking : Health::Good,
          fmt::format("C++ {}, Python {}, headers {}", text(compiler), text(python), sdk ? sdk->string() : "not there"),
          compiler.empty() ? "install g++"
          : sdk            ? ""
                           : sdk.error().text};
}

Finding layout() {
  const bool random = probeConfinement().randomLayout;
  return {"address layout", random ? Health::Good : Health::Lacking,
          random ? "differs from run to run, so that policies that depend on it are found out"
                 : "is the same in every run; policies that depend on it are found out less surely",
          random ? "" : "sysctl kernel.randomize_va_space=2"};
}

std::string_view mark(Health health) {
  switch (health) {
    case Health::Good: return "ok";
    case Health::Lacking: return "less";
    case Health::Unusable: return "BAD";
  }
  return "";
}

}  // namespace

ExitCode doctorCommand(const CommandLine& /*line*/) {
  auto code = ExitCode::Well;
  for (const Finding& finding : {unicorn(), referenceGuest(), swapFiles(), memory(), mappings(), addressSpace(), kvm(), userfaultfd(),
                                 confinement(), policyTools(), layout()}) {
    say("{:<5} {:<16} {}\n", mark(finding.health), finding.subject, finding.what);
    if (!finding.fix.empty()) say("{:<22} to mend it: {}\n", "", finding.fix);
    if (finding.health == Health::Unusable) code = ExitCode::BackendUnavailable;
  }
  say("{}\n", code == ExitCode::Well ? "Scenarios can run on this machine." : "Scenarios with guests cannot run on this machine.");
  return code;
}

}  // namespace overcommit

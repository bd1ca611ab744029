// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/processor.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/doctor_findings.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "cpu/backend_speed.h"
#include "cpu/kvm_system.h"
#include "cpu/unicorn_vcpu.h"
#include "host/backend_name.h"
#include "machine/guest_windows.h"
#include "machine/host_pages.h"
#include "student/policy_builder.h"

namespace overcommit {
namespace {

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

std::string rate(double perSecond) {
  return perSecond >= 1e9 ? fmt::format("{:.1f} G", perSecond / 1e9) : fmt::format("{:.1f} M", perSecond / 1e6);
}

Finding speed(std::string_view subject, const Result<std::unique_ptr<CpuBackend>>& backend) {
  if (!backend) return {subject, Health::Lacking, "not measured: " + backend.error().text, ""};
  const auto measured = measureSpeed(**backend);
  if (!measured) return {subject, Health::Lacking, "not measured: " + measured.error().text, ""};
  return {subject, Health::Good,
          fmt::format("{} instructions a second, a hypercall {:.2f} us, a nested fault {:.0f} us", rate(measured->instructionsPerSecond),
                      measured->exitNanoseconds / 1e3, measured->nestedFaultNanoseconds / 1e3),
          ""};
}

Finding hostPages() {
  if (const auto checked = checkHostPages(hostPageSize()); !checked) return lacking("page size", Health::Unusable, checked.error());
  return {"page size", Health::Good, formatBytes(hostPageSize()), ""};
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

ExitCode doctorCommand(const CommandLine& line) {
  auto backend = backendNamed(line.has("--backend") ? line.text("--backend") : "auto");
  if (!backend) {
    printError(Error{fmt::format("--backend: {}", backend.error().text)});
    return ExitCode::Usage;
  }
  const bool forKvm = *backend == Backend::Kvm;
  const Health withoutKvm = forKvm ? Health::Unusable : Health::Lacking;
  auto code = ExitCode::Well;
  const auto tell = [&code](const Finding& finding) {
    say("{:<5} {:<16} {}\n", mark(finding.health), finding.subject, finding.what);
    if (!finding.fix.empty()) say("{:<22} to mend it: {}\n", "", finding.fix);
    if (finding.health == Health::Unusable) code = ExitCode::BackendUnavailable;
    return finding.health == Health::Good;
  };
  if (tell(unicorn())) tell(speed("speed, Unicorn", createUnicornBackend()));
  const bool kvm = tell(kvmFinding(systemCalls(), withoutKvm));
  const bool userfault = kRunsGuestCode && tell(userfaultFinding(systemCalls(), withoutKvm));
  if (kvm && userfault) tell(speed("speed, KVM", createKvmBackend(systemCalls(), {})));
  for (const Finding& finding :
       {hostPages(), referenceGuest(), swapFiles(), memory(), mappings(), addressSpace(), confinement(), policyTools(), layout()})
    tell(finding);
  const std::string_view on = forKvm ? " on KVM" : "";
  say("{}{}.\n", code == ExitCode::Well ? "Scenarios can run on this machine" : "Scenarios with guests cannot run on this machine", on);
  return code;
}

}  // namespace overcommit

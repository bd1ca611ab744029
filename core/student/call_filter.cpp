// SPDX-License-Identifier: GPL-2.0-or-later
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "student/confinement.h"

namespace overcommit {
namespace {

// What a program needs to compute, to allocate memory, to read what it may read, and to end. Whatever is in neither list fails with
// "operation not permitted".
constexpr std::array kNeeded{
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "lseek",
    "close",
    "close_range",
    "fstat",
    "newfstatat",
    "stat",
    "lstat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "open",
    "openat",
    "readlink",
    "readlinkat",
    "getcwd",
    "getdents64",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "mmap",
    "mprotect",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "membarrier",
    "futex",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "pause",
    "alarm",
    "setitimer",
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "times",
    "getrusage",
    "getrlimit",
    "getrandom",
    "arch_prctl",
    "set_tid_address",
    "set_robust_list",
    "rseq",
    "sched_yield",
    "sched_getaffinity",
    "sysinfo",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "uname",
    "exit",
    "exit_group",
    "execve",
    "restart_syscall",
};

// What leads outside: whoever calls one of these is stopped with an explanation.
constexpr std::array kOutside{
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "fork",
    "vfork",
    "clone",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "kcmp",
    "kill",
    "tkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "bpf",
    "perf_event_open",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "userfaultfd",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "reboot",
    "swapon",
    "swapoff",
    "open_by_handle_at",
    "name_to_handle_at",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "capset",
    "acct",
    "quotactl",
    "syslog",
    "memfd_create",
    "execveat",
    "fsopen",
    "open_tree",
    "move_mount",
    "personality",
    "shmget",
    "shmat",
    "msgget",
    "semget",
};
// Those of them that a compiler's driver needs for its own steps.
constexpr std::array kStepsOfTools{"fork", "vfork", "clone", "kill", "tkill"};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) : filter_(seccomp_init(otherwise)) {}

  // Names that this kernel's headers or this processor do not have are no danger: nobody can call them.
  void add(std::uint32_t action, const char* name) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) return;
    note(seccomp_rule_add(filter_.get(), action, number, 0));
  }
  void addForProcess(std::uint32_t action, const char* name, pid_t process) {
    scmp_arg_cmp same{};  // SCMP_A0() makes a compound literal, which is C
    same.arg = 0;
    same.op = SCMP_CMP_EQ;
    same.datum_a = static_cast<scmp_datum_t>(process);
    note(seccomp_rule_add_array(filter_.get(), action, seccomp_syscall_resolve_name(name), 1, &same));
  }
  Result<void> load() {
    if (filter_ == nullptr) return failure("libseccomp makes no filter");
    note(seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_NNP, 1));
    note(seccomp_load(filter_.get()));
    if (error_ != 0) return failure("the system-call filter is refused: {}", systemErrorText(error_));
    return {};
  }

 private:
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = -result;
  }
  std::unique_ptr<void, Release> filter_;
  int error_ = 0;
};

}  // namespace

Result<void> filterCalls(CallFilter kind) {
  const bool tool = kind == CallFilter::Tool;
  Filter filter(tool ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
  if (!tool) {
    for (const char* name : kNeeded) filter.add(SCMP_ACT_ALLOW, name);
    // A library falls back to clone() where this is not implemented; its arguments cannot be looked at.
    filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
    filter.add(SCMP_ACT_ERRNO(ENOTTY), "ioctl");
    // raise() and abort()
    filter.addForProcess(SCMP_ACT_ALLOW, "tgkill", ::getpid());
    filter.addForProcess(SCMP_ACT_ALLOW, "prlimit64", 0);
  }
  for (const char* name : kOutside) {
    const bool step = tool && std::ranges::find(kStepsOfTools, std::string_view(name)) != kStepsOfTools.end();
    if (!step) filter.add(tool ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_TRAP, name);
  }
  return filter.load();
}

}  // namespace overcommit

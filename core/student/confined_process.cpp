// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/confined_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace overcommit {
namespace {

constexpr int kFirstGiven = 3;

// A sanitizer's own address space is larger than any limit, and the child is this program until it becomes another one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsAddressSpace = false;
#else
constexpr bool kLimitsAddressSpace = true;
#endif

Result<void> limit(__rlimit_resource resource, std::uint64_t value, std::uint64_t hard) {
  const rlimit wanted{value, hard};
  if (::setrlimit(resource, &wanted) != 0) return failure("cannot limit its resources: {}", systemErrorText(errno));
  return {};
}

Result<void> limitResources(const ProcessLimits& limits) {
  // One second later there is no second chance to handle the signal.
  auto done = limit(RLIMIT_CPU, limits.cpuSeconds, limits.cpuSeconds + 1);
  if (done && kLimitsAddressSpace) done = limit(RLIMIT_AS, limits.addressSpace.value(), limits.addressSpace.value());
  if (done) done = limit(RLIMIT_FSIZE, limits.fileSize.value(), limits.fileSize.value());
  if (done) done = limit(RLIMIT_NOFILE, limits.openFiles, limits.openFiles);
  if (done) done = limit(RLIMIT_CORE, 0, 0);
  if (done && limits.processes != 0) done = limit(RLIMIT_NPROC, limits.processes, limits.processes);
  return done;
}

// In the child, with its output as 1 and 2 and the given descriptors from 3 on: everything else that this process had is closed.
Result<void> arrangeDescriptors(const std::vector<int>& given, int output, int& report) {
  const auto count = static_cast<int>(given.size());
  const int above = kFirstGiven + count + 1;
  std::vector<int> moved;
  for (const int fd : given) moved.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
  const int out = ::fcntl(output, F_DUPFD_CLOEXEC, above);
  const int told = ::fcntl(report, F_DUPFD_CLOEXEC, above);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool fine = ::dup2(nothing, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(out, 2) == 2;
  for (int i = 0; i < count; ++i) fine = fine && ::dup2(moved[static_cast<std::size_t>(i)], kFirstGiven + i) >= 0;
  report = kFirstGiven + count;
  fine = fine && ::dup3(told, report, O_CLOEXEC) == report;
  ::close_range(static_cast<unsigned>(report) + 1, ~0u, 0);
  if (!fine) return failure("cannot arrange its file descriptors: {}", systemErrorText(errno));
  return {};
}

Result<void> confine(const LaunchPlan& plan, const Confinement& confinement) {
  ::umask(0077);
  // Where the system only randomizes addresses on request, request it.
  const int how = ::personality(0xffffffff);
  if (how >= 0) ::personality(static_cast<unsigned long>(how) & ~static_cast<unsigned long>(ADDR_NO_RANDOMIZE));
  if (plan.debuggable) ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  if (auto limited = limitResources(plan.limits); !limited) return limited;
  if (confinement.files == FileFence::MountNamespace) {
    if (auto entered = enterMountNamespace(plan.visible); !entered) return entered;
  }
  if (confinement.otherUser) {
    if (auto changed = becomeOtherUser(); !changed) return changed;
  }
  if (::chdir(plan.directory.c_str()) != 0) return failure("cannot enter {}: {}", plan.directory.string(), systemErrorText(errno));
  // Forgotten when the user changes.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure("cannot give up new privileges: {}", systemErrorText(errno));
  if (confinement.files == FileFence::Landlock) {
    if (auto shown = showOnly(plan.visible); !shown) return shown;
  }
  if (confinement.filtersCalls) return filterCalls(plan.calls);
  return {};
}

std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void become(const LaunchPlan& plan, const Confinement& confinement, pid_t parent, int output, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGSEGV, SIGBUS, SIGHUP, SIGQUIT}) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto arguments = pointersTo(plan.command);
  const auto environment = pointersTo(plan.environment);
  auto done = arrangeDescriptors(plan.descriptors, output, report);
  if (done) done = confine(plan, confinement);
  if (done) {
    ::execve(arguments.front(), arguments.data(), environment.data());
    done = failure("cannot execute {}: {}", plan.command.front(), systemErrorText(errno));
  }
  [[maybe_unused]] const ssize_t told = ::write(report, done.error().text.data(), done.error().text.size());
  ::_exit(127);
}

// All that comes until the other end is closed, at most 4 KiB.
std::string readToEnd(int fd) {
  std::string text;
  std::array<char, 512> part{};
  while (text.size() < 4096) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

std::string ProcessEnd::text() const {
  if (signal == 0) return fmt::format("ended with exit code {}", exitCode);
  const char* name = ::sigabbrev_np(signal);
  const char* meaning = ::sigdescr_np(signal);
  return fmt::format("was ended by signal SIG{} ({})", name == nullptr ? std::to_string(signal) : name,
                     meaning == nullptr ? "unknown" : meaning);
}

Result<ConfinedProcess> ConfinedProcess::launch(const LaunchPlan& plan, const Confinement& confinement) {
  auto output = makePipe();
  if (!output) return tl::unexpected(output.error());
  auto report = makePipe();
  if (!report) return tl::unexpected(report.error());
  (void)std::fflush(nullptr);  // or the child would write it again
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return failure("cannot make a process for {}: {}", plan.command.front(), systemErrorText(errno));
  if (child == 0) become(plan, confinement, parent, output->writing.get(), report->writing.get());
  ConfinedProcess process(child, std::move(output->reading));
  report->writing.reset();
  if (const std::string trouble = readToEnd(report->reading.get()); !trouble.empty()) {
    process.kill();
    return tl::unexpected(Error{trouble});
  }
  ::fcntl(process.output(), F_SETFL, O_NONBLOCK);
  return process;
}

ConfinedProcess::ConfinedProcess(ConfinedProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), output_(std::move(other.output_)), end_(other.end_) {}

ConfinedProcess& ConfinedProcess::operator=(ConfinedProcess&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(output_, other.output_);
  std::swap(end_, other.end_);
  return *this;
}

ConfinedProcess::~ConfinedProcess() {
  if (process_ > 0 && !end_) kill();
}

std::optional<ProcessEnd> ConfinedProcess::reap(int options) {
  if (end_) return end_;
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(process_, &status, options);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  end_.emplace();
  if (ended > 0 && WIFSIGNALED(status)) end_->signal = WTERMSIG(status);
  if (ended > 0 && WIFEXITED(status)) end_->exitCode = WEXITSTATUS(status);
  // Its group may still have members: a tool's steps.
  ::kill(-process_, SIGKILL);
  return end_;
}

std::optional<ProcessEnd> ConfinedProcess::wait(WallTime atMost) {
  if (auto ended = reap(WNOHANG)) return ended;
  const OwnedDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
  pollfd end{handle.get(), POLLIN, 0};
  if (handle.open()) ::poll(&end, 1, static_cast<int>(atMost.count()));
  return reap(WNOHANG);
}

ProcessEnd ConfinedProcess::kill() {
  if (auto ended = reap(WNOHANG)) return *ended;
  // It is the leader of its session; until it has become that, its group is not there.
  ::kill(-process_, SIGKILL);
  ::kill(process_, SIGKILL);
  return reap(0).value_or(ProcessEnd{});
}

Result<ToolRun> runTool(const LaunchPlan& plan, const Confinement& confinement, WallTime atMost) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kMostOutput = 64u << 10;
  auto process = ConfinedProcess::launch(plan, confinement);
  if (!process) return tl::unexpected(process.error());
  ToolRun run;
  std::vector<char> part(16u << 10);
  const auto deadline = Clock::now() + atMost;
  while (true) {
    const auto left = std::chrono::duration_cast<WallTime>(deadline - Clock::now());
    if (left.count() <= 0) break;
    pollfd output{process->output(), POLLIN, 0};
    if (::poll(&output, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t got = ::read(process->output(), part.data(), part.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) break;
    run.output.append(part.data(), std::min(static_cast<std::size_t>(got), kMostOutput - run.output.size()));
  }
  const auto left = std::chrono::duration_cast<WallTime>(deadline - Clock::now());
  if (auto ended = process->wait(std::max(left, WallTime(0))))
    run.end = *ended;
  else
    run.inTime = false, run.end = process->kill();
  return run;
}

}  // namespace overcommit

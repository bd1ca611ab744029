// SPDX-License-Identifier: GPL-2.0-or-later
#include "grade/run_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "grade/engine_run.h"

namespace overcommit {
namespace {

constexpr std::chrono::seconds kLongestWall(120);
constexpr std::size_t kMostMessages = 64u << 10;

// In the child: never returns.
[[noreturn]] void execute(const std::vector<std::string>& words, int messages, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);  // it ended in between
  const int nothing = ::open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(messages, STDERR_FILENO);
  (void)std::signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execv takes it so
  arguments.push_back(nullptr);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

}  // namespace

RunProcess::RunProcess(int child, OwnedDescriptor messages, bool debugging)
    : child_(child), messages_(std::move(messages)), debugging_(debugging), begun_(std::chrono::steady_clock::now()) {}

RunProcess::~RunProcess() {
  if (child_ < 0) return;
  kill();
  wait();
}

Result<std::unique_ptr<RunProcess>> RunProcess::start(const std::vector<std::string>& words, bool debugging) {
  auto said = makePipe();
  if (!said) return tl::unexpected(said.error());
  (void)std::fflush(nullptr);  // or the child would write it again
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) execute(words, said->writing.get(), parent);
  if (child < 0) return failure("cannot make a process for a run: {}", systemErrorText(errno));
  return std::unique_ptr<RunProcess>(new RunProcess(child, std::move(said->reading), debugging));
}

RunProcess::Taken RunProcess::take() {
  std::array<char, 4096> part{};
  const ssize_t length = read(messages_.get(), part.data(), part.size());
  if (length < 0 && errno == EINTR) return Taken::Some;
  if (length <= 0) return Taken::All;
  if (debugging_) (void)std::fwrite(part.data(), 1, static_cast<std::size_t>(length), stderr);
  if (said_.size() < kMostMessages) said_.append(part.data(), static_cast<std::size_t>(length));
  return Taken::Some;
}

void RunProcess::endIfLate() {
  if (!debugging_ && std::chrono::steady_clock::now() - begun_ > kLongestWall) kill();
}

void RunProcess::kill() {
  if (!killed_) ::kill(child_, SIGKILL);
  killed_ = true;
}

RunProcess::Ended RunProcess::wait() {
  int status = 0;
  while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  const int exitCode = killed_ ? EngineResult::kHung : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exitCode, std::move(said_)};
}

}  // namespace overcommit

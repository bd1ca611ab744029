// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/child_runs.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "cli/interrupt.h"

namespace overcommit {
namespace {

struct Child {
  std::size_t index;
  pid_t process;
  Pipe answer, messages;
  ChildOutcome outcome;
};

// In the child: never returns.
[[noreturn]] void work(Child& child, pid_t parent, const std::function<int(std::size_t, int)>& task) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);  // it ended in between
  dup2(child.messages.writing.get(), STDERR_FILENO);
  const int code = task(child.index, child.answer.writing.get());
  (void)std::fflush(stderr);
  _exit(code);
}

Result<Child> begin(std::size_t index, const std::function<int(std::size_t, int)>& task) {
  auto answer = makePipe();
  if (!answer) return tl::unexpected(answer.error());
  auto messages = makePipe();
  if (!messages) return tl::unexpected(messages.error());
  Child child{index, 0, std::move(*answer), std::move(*messages), {}};
  (void)std::fflush(nullptr);  // or the child would write it again
  const pid_t parent = getpid();
  child.process = fork();
  if (child.process < 0) return failure("cannot make a process for a point of the sweep: {}", systemErrorText(errno));
  if (child.process == 0) work(child, parent, task);
  child.answer.writing.reset();
  child.messages.writing.reset();
  return child;
}

// Reads what is there. False: the other end is closed.
bool readInto(int end, std::string& text) {
  std::array<char, 65536> part{};
  const ssize_t length = read(end, part.data(), part.size());
  if (length > 0) text.append(part.data(), static_cast<std::size_t>(length));
  return length > 0 || (length < 0 && errno == EINTR);
}

int exitCodeOf(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class Children {
 public:
  Children(std::size_t count, std::size_t jobs, const std::function<int(std::size_t, int)>& task,
           const std::function<void(std::size_t, ChildOutcome)>& done)
      : count_(count), jobs_(jobs), task_(task), done_(done) {}

  Result<void> run() {
    Result<void> outcome;
    while (true) {
      while (outcome && !interrupted() && running_.size() < jobs_ && next_ < count_) {
        auto child = begin(next_, task_);
        if (child) {
          running_.push_back(std::move(*child));
          ++next_;
        } else {
          outcome = tl::unexpected(child.error());
        }
      }
      if (running_.empty()) return outcome;
      if ((interrupted() || !outcome) && !told_) {
        for (const Child& child : running_) kill(child.process, SIGTERM);
        told_ = true;
      }
      listen();
    }
  }

 private:
  void listen() {
    std::vector<pollfd> ends;
    for (const Child& child : running_) {
      ends.push_back({child.answer.reading.get(), POLLIN, 0});
      ends.push_back({child.messages.reading.get(), POLLIN, 0});
    }
    if (poll(ends.data(), ends.size(), -1) < 0) return;  // a signal: interrupted() tells
    std::vector<Child> going;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      Child& child = running_[i];
      if (ends[2 * i].revents != 0 && !readInto(child.answer.reading.get(), child.outcome.answer)) child.answer.reading.reset();
      if (ends[2 * i + 1].revents != 0 && !readInto(child.messages.reading.get(), child.outcome.messages)) child.messages.reading.reset();
      if (child.answer.reading.open() || child.messages.reading.open()) {
        going.push_back(std::move(child));
        continue;
      }
      child.outcome.exitCode = exitCodeOf(child.process);
      done_(child.index, std::move(child.outcome));
    }
    running_ = std::move(going);
  }

  std::size_t count_, jobs_;
  const std::function<int(std::size_t, int)>& task_;
  const std::function<void(std::size_t, ChildOutcome)>& done_;
  std::vector<Child> running_;
  std::size_t next_ = 0;
  bool told_ = false;
};

}  // namespace

Result<void> runChildren(std::size_t count, std::size_t jobs, const std::function<int(std::size_t index, int answer)>& work,
                         const std::function<void(std::size_t index, ChildOutcome outcome)>& done) {
  return Children(count, jobs, work, done).run();
}

}  // namespace overcommit

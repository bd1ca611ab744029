// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace overcommit {
namespace {

// A signal handler reaches nothing else.
volatile std::sig_atomic_t interruptReceived = 0;

std::array<int, 2> wakeUp{-1, -1};  // a pipe

void onInterrupt(int /*signal*/) {
  const int savedErrno = errno;
  interruptReceived = 1;
  constexpr char kByte = 0;
  static_cast<void>(!write(wakeUp[1], &kByte, 1));
  errno = savedErrno;
}

}  // namespace

void catchInterrupts() {
  if (wakeUp[0] < 0 && ::pipe2(wakeUp.data(), O_CLOEXEC | O_NONBLOCK) != 0) wakeUp = {-1, -1};
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interruptDescriptor() { return wakeUp[0]; }

bool interrupted() { return interruptReceived != 0; }

}  // namespace overcommit

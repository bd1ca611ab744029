// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/interrupt.h"

#include <csignal>

namespace overcommit {
namespace {

// A signal handler reaches nothing else.
volatile std::sig_atomic_t interruptReceived = 0;

void onInterrupt(int /*signal*/) { interruptReceived = 1; }

}  // namespace

void catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return interruptReceived != 0; }

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/emulator_guard.h"

#include <pthread.h>

#include <csetjmp>
#include <csignal>

#include "base/error.h"
#include "machine/nested_fault.h"

namespace overcommit {
namespace {

thread_local sigjmp_buf* wayOut = nullptr;  // of the call that this thread is in
struct sigaction previousAbort = {};

// Returns if this thread runs no emulator.
void leave(int signal) {
  if (wayOut != nullptr) siglongjmp(*wayOut, signal);
}

void onAbort(int signal, siginfo_t* info, void* context) {
  leave(signal);
  if ((previousAbort.sa_flags & SA_SIGINFO) != 0) {
    previousAbort.sa_sigaction(signal, info, context);
  } else if (previousAbort.sa_handler != SIG_DFL && previousAbort.sa_handler != SIG_IGN) {
    previousAbort.sa_handler(signal);
  }
  // To return lets abort() end the process.
}

bool install() {
  struct sigaction action = {};
  action.sa_sigaction = onAbort;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGABRT, &action, &previousAbort);
  NestedFaults::offerStrayFaults(leave);
  return true;
}

}  // namespace

int runGuarded(void (*body)(void* argument), void* argument) {
  static const bool installed = install();
  invariant(installed && wayOut == nullptr, "a thread runs one emulator at a time");
  sigjmp_buf place;
  const int signal = sigsetjmp(place, 0);  // saving the mask would be a system call each time
  if (signal == 0) {
    wayOut = &place;
    body(argument);
  }
  wayOut = nullptr;
  if (signal != 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
  return signal;
}

}  // namespace overcommit

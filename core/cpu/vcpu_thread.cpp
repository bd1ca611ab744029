// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/vcpu_thread.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace overcommit {
namespace {

pid_t currentThread() {
  thread_local const pid_t id = static_cast<pid_t>(::syscall(SYS_gettid));
  return id;
}

sigset_t onlyTheKick() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, VcpuThread::kickSignal());
  return set;
}

}  // namespace

VcpuThread::~VcpuThread() { disarm(); }

void VcpuThread::disarm() {
  if (timer_) timer_delete(*timer_);
  timer_.reset();
}

void VcpuThread::bind() {
  const pid_t here = currentThread();
  if (thread_.load(std::memory_order_relaxed) == here) return;
  disarm();
  // Never unblocked again: a kick that is still under way would end the process.
  const sigset_t kick = onlyTheKick();
  pthread_sigmask(SIG_BLOCK, &kick, nullptr);
  thread_.store(here);

  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = kickSignal();
  event._sigev_un._tid = here;  // glibc has no name for it
  timer_t timer{};
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) return;
  timer_ = timer;
  const auto nanoseconds = std::chrono::nanoseconds(tick_).count();
  itimerspec period{};
  period.it_interval.tv_sec = nanoseconds / 1'000'000'000;
  period.it_interval.tv_nsec = nanoseconds % 1'000'000'000;
  period.it_value = period.it_interval;
  timer_settime(timer, 0, &period, nullptr);
}

void VcpuThread::kick() const {
  if (const pid_t thread = thread_.load(); thread != 0) ::syscall(SYS_tgkill, ::getpid(), thread, kickSignal());
}

unsigned VcpuThread::takeTicks() {
  const sigset_t kick = onlyTheKick();
  constexpr timespec kAtOnce{};
  unsigned ticks = 0;
  siginfo_t info{};
  while (sigtimedwait(&kick, &info, &kAtOnce) > 0) {
    if (info.si_code == SI_TIMER) ++ticks;
  }
  return ticks;
}

}  // namespace overcommit

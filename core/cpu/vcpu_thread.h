// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <optional>

namespace overcommit {

// The thread that runs guests on KVM, and the one signal that gets it out of them: the kick. The thread keeps it blocked, and KVM lets
// it through only while a guest is inside (KVM_SET_SIGNAL_MASK), so a kick that comes too early waits and none is lost. All other
// signals are blocked while a guest is inside: they would end KVM_RUN while a fault is served.
class VcpuThread {
 public:
  explicit VcpuThread(std::chrono::milliseconds tick) : tick_(tick) {}
  ~VcpuThread();
  VcpuThread(const VcpuThread&) = delete;
  VcpuThread& operator=(const VcpuThread&) = delete;

  static int kickSignal() { return SIGRTMIN; }

  // Makes the calling thread the one that is kicked: by kick(), and whenever it has used another tick of processor time.
  void bind();
  // From any thread; does nothing before bind().
  void kick() const;
  // The kicks since the last call go; how many of them were ticks.
  unsigned takeTicks();

 private:
  void disarm();

  std::chrono::milliseconds tick_;
  std::atomic<pid_t> thread_{0};
  std::optional<timer_t> timer_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/descriptor.h"
#include "machine/guest_windows.h"
#include "machine/nested_fault.h"
#include "machine/userfault_backing.h"

namespace overcommit {

// Serves the nested faults of windows with a UserfaultBacking, on a thread of its own: the vCPU's thread sleeps in the kernel while
// its fault is served. The engine is not made for two threads at once, and never has to be, because a baton passes between them:
//
//   engine's thread   ...engine code | guestEnters()  KVM_RUN (sleeps)............ guestLeft() | engine code...
//   service's thread    waits        |                    lock, read, serve, wake, unlock      | waits
//
// Rules that make it so: a fault is read only under the lock and only while a guest is inside, so one that nobody waits for any more
// (the vCPU was kicked out of KVM_RUN) is never served; guestLeft() waits for a fault that is being served. Any number of services may
// exist at once; each has windows and a guest of its own.
class UserfaultService {
 public:
  // Errors: see openUserfault().
  static Result<std::unique_ptr<UserfaultService>> start(KernelCalls& kernel);
  ~UserfaultService();
  UserfaultService(const UserfaultService&) = delete;
  UserfaultService& operator=(const UserfaultService&) = delete;

  // For GuestWindows::create().
  Result<std::unique_ptr<UserfaultBacking>> createBacking();

  // The RAM window of `windows`, which has a UserfaultBacking. Only while no guest is inside. The handler must stay until remove().
  void add(const GuestWindows& windows, NestedFaultHandler& handler);
  void remove(const GuestWindows& windows);

  void guestEnters();
  void guestLeft();

  [[nodiscard]] std::uint64_t served() const { return served_.load(std::memory_order_relaxed); }

 private:
  struct Window {
    std::byte* base;
    Bytes size;
    UserfaultBacking* backing;
    NestedFaultHandler* handler;
  };

  UserfaultService(KernelCalls& kernel, OwnedDescriptor poll, OwnedDescriptor end);
  void work();
  void serve(Window& window);
  void giveUp(Window window);

  KernelCalls& kernel_;
  OwnedDescriptor poll_, end_;
  std::map<int, Window> windows_;  // by userfaultfd
  std::mutex baton_;
  bool guestInside_ = false;
  std::atomic<std::uint64_t> served_{0};
  std::thread thread_;  // last: uses everything above
};

}  // namespace overcommit

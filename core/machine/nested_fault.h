// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "machine/access.h"

namespace overcommit {

// Who serves the faults of one region of reserved address space. Called while the toucher waits: synchronously on the thread that
// touched the page, in signal context, but never from inside malloc (generated code or the emulator's page walker touched it); or, for
// KVM, on the thread of a UserfaultService. Must map something at the page (a scratch frame if all else fails), or the access repeats
// forever. Must not touch a window itself.
class NestedFaultHandler {
 public:
  virtual ~NestedFaultHandler() = default;
  virtual void onNestedFault(std::uint64_t page, Access access) = 0;  // page: index within the region
  // Whether the page is open to this access as far as the handler knows.
  [[nodiscard]] virtual bool isOpen(std::uint64_t page, Access access) const = 0;
  // No fault of this region can be served any more: its guest must not go on.
  virtual void onWindowLost(const std::string& /*reason*/) {}
};

// Turns SIGSEGV in registered regions into calls of their handlers. One instance at a time; faults elsewhere go to the handler
// that was there before. errno is preserved. A fault during the handling of a fault breaks an invariant. So does a fault on a page that is
// open to the access already: it was served, and would come again forever.
class NestedFaults {
 public:
  static Result<std::unique_ptr<NestedFaults>> install();
  ~NestedFaults();
  NestedFaults(const NestedFaults&) = delete;
  NestedFaults& operator=(const NestedFaults&) = delete;

  // [base, base + bytes), page-aligned. The handler must stay until remove(). Not while a guest runs on another thread.
  void add(const std::byte* base, Bytes bytes, NestedFaultHandler& handler);
  void remove(const std::byte* base);
  [[nodiscard]] std::uint64_t served() const { return served_; }

  // Offers faults outside all regions to `handler` before they go to the previous one. It may leave by siglongjmp (SIGSEGV is
  // blocked then), which is how an emulator that fails takes down its VM and not the process. For the whole process.
  static void offerStrayFaults(void (*handler)(int signal));

 private:
  struct Region {
    std::uintptr_t begin, end;
    NestedFaultHandler* handler;
  };

  NestedFaults() = default;
  static void onSignal(int signal, siginfo_t* info, void* context);
  [[nodiscard]] const Region* regionOf(std::uintptr_t address) const;
  void passOn(int signal, siginfo_t* info, void* context) const;

  std::vector<Region> regions_;  // sorted, disjoint
  struct sigaction previous_ = {};
  std::uint64_t served_ = 0;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/ids.h"
#include "machine/kernel_calls.h"

namespace overcommit {

// How a guest that never exits is noticed: KVM cannot count basic blocks, so this is processor time of the thread that runs it, seen
// in ticks. Which tick it is depends on the machine; that the guest hangs does not.
struct KvmOptions {
  std::chrono::milliseconds tick{1000};
  unsigned hungAfter = 10;  // ticks without an exit
};

// /dev/kvm, opened and found good: what all VMs of a run share.
class KvmSystem {
 public:
  // The error says what is missing and how to mend it: the module, the group, the kernel.
  static Result<std::unique_ptr<KvmSystem>> open(KernelCalls& kernel);

  // A new VM and its only vCPU.
  struct Machine {
    OwnedDescriptor vm, vcpu;
  };
  // `ram`: what is at guest-physical address 0; the pages are watched by userfaultfd.
  Result<Machine> createMachine(std::byte* ram, Bytes size) const;
  [[nodiscard]] std::size_t runBytes() const { return runBytes_; }  // of the page that a vCPU shares with KVM
  [[nodiscard]] KernelCalls& kernel() const { return kernel_; }
  // A call that a signal may interrupt is made again: to make a VM takes long enough for that.
  [[nodiscard]] int control(int fd, unsigned long request, void* argument) const;

 private:
  KvmSystem(KernelCalls& kernel, OwnedDescriptor device) : kernel_(kernel), device_(std::move(device)) {}
  Result<void> check();
  Result<void> readProcessorFeatures();

  KernelCalls& kernel_;
  OwnedDescriptor device_;
  std::size_t runBytes_ = 0;
  std::vector<std::byte> features_;  // a KvmCpuidHead with its entries
};

}  // namespace overcommit

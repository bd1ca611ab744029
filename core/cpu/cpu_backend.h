// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cpu/vcpu.h"
#include "machine/guest_windows.h"
#include "machine/kernel_calls.h"
#include "machine/nested_fault.h"

namespace overcommit {

// What runs guests that have a CPU: makes their windows and vCPUs and serves their nested faults. Outlives all of these.
class CpuBackend {
 public:
  virtual ~CpuBackend() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // "unicorn 2.0.1", "kvm"

  virtual Result<std::unique_ptr<GuestWindows>> createWindows(const MachineMemory& machine, MappingBudget& budget, Pages ram,
                                                              Pages dynamic) = 0;
  // Faults of the windows go to these until removeFaults(). Not while a guest runs.
  virtual void addFaults(const GuestWindows& windows, NestedFaultHandler& ram, NestedFaultHandler& dynamic) = 0;
  virtual void removeFaults(const GuestWindows& windows) = 0;
  // The windows outlive the vCPU, and their faults are served while it runs.
  virtual Result<std::unique_ptr<Vcpu>> createVcpu(const GuestWindows& windows, const GuestEntry& entry, Watchdog watchdog) = 0;
  [[nodiscard]] virtual std::uint64_t nestedFaultsServed() const = 0;
};

// The emulator. One at a time: its faults are signals.
Result<std::unique_ptr<CpuBackend>> createUnicornBackend();

struct KvmOptions;
// The hardware, through /dev/kvm and userfaultfd. The error says what is missing and how to mend it.
Result<std::unique_ptr<CpuBackend>> createKvmBackend(KernelCalls& kernel, const KvmOptions& options);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "base/error.h"
#include "cpu/kvm_system.h"
#include "cpu/vcpu.h"
#include "cpu/vcpu_thread.h"
#include "machine/userfault_service.h"

namespace overcommit {

// What the vCPUs of a run have in common.
struct KvmParts {
  KvmSystem& system;
  UserfaultService& faults;
  VcpuThread& thread;
  KvmOptions options;
};

// `windows`: their RAM window has a UserfaultBacking, and its faults are served by `parts.faults`.
Result<std::unique_ptr<Vcpu>> createKvmVcpu(KvmParts parts, const GuestWindows& windows, const GuestEntry& entry, Watchdog watchdog);

}  // namespace overcommit

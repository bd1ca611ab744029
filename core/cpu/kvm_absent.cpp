// SPDX-License-Identifier: GPL-2.0-or-later
// The KVM back end of builds for other processors than x86-64 (cmake/processor.cmake): it is not there, and says why.
#include "base/processor.h"
#include "cpu/cpu_backend.h"
#include "cpu/kvm_system.h"

namespace overcommit {

Result<std::unique_ptr<KvmSystem>> KvmSystem::open(KernelCalls& /*kernel*/) {
  return failure(
      "left out of this build: KVM runs the x86-64 guests on x86-64 processors only, and this one is {}; use the emulator, which is the "
      "default and runs the same scenarios with the same results",
      kProcessor);
}

Result<std::unique_ptr<CpuBackend>> createKvmBackend(KernelCalls& kernel, const KvmOptions& /*options*/) {
  auto system = KvmSystem::open(kernel);
  return failure("{}", system.error().text);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor_findings.h"
#include "cpu/kvm_system.h"
#include "machine/userfault_backing.h"

namespace overcommit {

Finding lacking(std::string_view subject, Health health, const Error& error) {
  const std::size_t end = error.text.find("; ");
  if (end == std::string::npos) return {subject, health, error.text, ""};
  return {subject, health, error.text.substr(0, end), error.text.substr(end + 2)};
}

Finding kvmFinding(KernelCalls& kernel, Health missing) {
  if (const auto system = KvmSystem::open(kernel); !system) return lacking("KVM", missing, system.error());
  return {"KVM", Health::Good, "/dev/kvm can be opened and offers what is needed; --backend kvm uses it", ""};
}

Finding userfaultFinding(KernelCalls& kernel, Health missing) {
  if (const auto userfault = openUserfault(kernel); !userfault) return lacking("userfaultfd", missing, userfault.error());
  return {"userfaultfd", Health::Good, "available, with all that nested faults on KVM need", ""};
}

}  // namespace overcommit

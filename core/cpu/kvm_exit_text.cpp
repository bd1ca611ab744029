// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/kvm_exit_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace overcommit {
namespace {

std::string describeInternalError(const kvm_run& run) {
  switch (run.internal.suberror) {
    case KVM_INTERNAL_ERROR_EMULATION: {
      // The instruction, where KVM tells it: flags, then its size and bytes.
      std::string bytes;
      constexpr std::uint32_t kWordsWithBytes = 4;
      if (run.internal.ndata >= kWordsWithBytes &&
          (run.emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) != 0) {
        const int size = std::min<int>(run.emulation_failure.insn_size, sizeof run.emulation_failure.insn_bytes);
        for (int i = 0; i < size; ++i) bytes += fmt::format(" {:02x}", run.emulation_failure.insn_bytes[i]);
      }
      return fmt::format("KVM cannot carry out the instruction at this address{}{}", bytes.empty() ? "" : ":", bytes);
    }
    case KVM_INTERNAL_ERROR_SIMUL_EX: return "KVM met two exceptions at a time that it cannot deliver";
    case KVM_INTERNAL_ERROR_DELIVERY_EV: return "KVM cannot deliver an exception to the guest: its tables or its stack are not memory";
    default: return fmt::format("KVM failed inside (internal error {})", run.internal.suberror);
  }
}

}  // namespace

std::string describeKvmExit(const kvm_run& run) {
  switch (run.exit_reason) {
    case KVM_EXIT_SHUTDOWN: return "triple fault: an exception came while the guest's double-fault handler could not be reached";
    case KVM_EXIT_MMIO:
      return fmt::format("the guest's page tables point outside its memory: a {} at guest-physical address {:#x}",
                         run.mmio.is_write != 0 ? "write" : "read", run.mmio.phys_addr);
    case KVM_EXIT_INTERNAL_ERROR: return describeInternalError(run);
    case KVM_EXIT_FAIL_ENTRY:
      return fmt::format("the processor refuses the guest's state (reason {:#x})", run.fail_entry.hardware_entry_failure_reason);
    default: return fmt::format("KVM came back for a reason that this engine does not know: {}", run.exit_reason);
  }
}

}  // namespace overcommit

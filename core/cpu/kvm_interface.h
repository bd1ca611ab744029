// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <cstdint>

namespace overcommit {

// Two structures of <linux/kvm.h> end in an array without a size. In C++ some versions of that header give them another size than in C,
// and with it the calls that take them, whose numbers contain it, another number. So these are ours.

// kvm_cpuid2, followed by so many kvm_cpuid_entry2.
struct KvmCpuidHead {
  std::uint32_t entries = 0, padding = 0;
};
static_assert(sizeof(KvmCpuidHead) == 8);
inline constexpr unsigned long kKvmGetSupportedCpuid = _IOWR(KVMIO, 0x05, KvmCpuidHead);
inline constexpr unsigned long kKvmSetCpuid2 = _IOW(KVMIO, 0x90, KvmCpuidHead);

// kvm_signal_mask with the kernel's set of signals.
struct [[gnu::packed]] KvmSignalMask {
  std::uint32_t bytes = 8;
  std::uint64_t blocked = 0;
};
static_assert(sizeof(KvmSignalMask) == 12);
inline constexpr unsigned long kKvmSetSignalMask = _IOW(KVMIO, 0x8b, std::uint32_t);

}  // namespace overcommit

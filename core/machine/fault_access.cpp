// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/fault_access.h"

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace overcommit {
namespace {

#if defined(__x86_64__)

// The page-fault error code (Intel SDM volume 3, 4.7): bit 1 is W/R.
bool isWrite(const ucontext_t& context) { return (static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_ERR]) >> 1 & 1) != 0; }

#elif defined(__aarch64__)

// The kernel appends tagged records to the context; the one with this tag holds ESR_EL1, whose bit 6 is WnR (Arm ARM, D17.2.37).
constexpr std::uint32_t kEsrMagic = 0x45535201;

bool isWrite(const ucontext_t& context) {
  const auto* record = reinterpret_cast<const std::byte*>(context.uc_mcontext.__reserved);
  const auto* end = record + sizeof context.uc_mcontext.__reserved;
  while (record + 16 <= end) {
    std::uint32_t magic = 0, size = 0;
    std::memcpy(&magic, record, sizeof magic);
    std::memcpy(&size, record + 4, sizeof size);
    if (magic == kEsrMagic) {
      std::uint64_t esr = 0;
      std::memcpy(&esr, record + 8, sizeof esr);
      return (esr >> 6 & 1) != 0;
    }
    if (magic == 0 || size == 0) break;
    record += size;
  }
  return false;
}

#else
#error "tell accessOfFault() where this processor says whether a faulting access was a write"
#endif

}  // namespace

Access accessOfFault(const void* signalContext) {
  return isWrite(*static_cast<const ucontext_t*>(signalContext)) ? Access::Write : Access::Read;
}

}  // namespace overcommit

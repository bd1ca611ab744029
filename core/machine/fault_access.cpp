// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/fault_access.h"

#include <ucontext.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/processor.h"
#include "machine/arm64_access.h"

namespace overcommit {
namespace {

#if defined(__x86_64__)

// The page-fault error code (Intel SDM volume 3, 4.7): bit 1 is W/R.
Access accessIn(const ucontext_t& context) {
  return (static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_ERR]) >> 1 & 1) != 0 ? Access::Write : Access::Read;
}

#elif defined(__aarch64__)

// The kernel appends tagged records to the context; the one with this tag holds ESR_EL1, whose bit 6 is WnR (Arm ARM, D17.2.37). QEMU's
// user emulation (7.2, 10.0) writes no such record; then the instruction itself says what it does.
constexpr std::uint32_t kEsrMagic = 0x45535201;

Access accessIn(const ucontext_t& context) {
  const auto* record = reinterpret_cast<const std::byte*>(context.uc_mcontext.__reserved);
  const auto* end = record + sizeof context.uc_mcontext.__reserved;
  while (record + 16 <= end) {
    std::uint32_t magic = 0, size = 0;
    std::memcpy(&magic, record, sizeof magic);
    std::memcpy(&size, record + 4, sizeof size);
    if (magic == kEsrMagic) {
      std::uint64_t esr = 0;
      std::memcpy(&esr, record + 8, sizeof esr);
      return (esr >> 6 & 1) != 0 ? Access::Write : Access::Read;
    }
    if (magic == 0 || size == 0) break;
    record += size;
  }
  std::uint32_t instruction = 0;
  std::memcpy(&instruction, std::bit_cast<const void*>(context.uc_mcontext.pc), sizeof instruction);
  return accessOfArm64(instruction);
}

#endif

}  // namespace

Access accessOfFault(const void* signalContext) { return accessIn(*static_cast<const ucontext_t*>(signalContext)); }

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "cpu/guest_walk.h"

namespace overcommit {

// Guest memory as the guest's CPU reaches it: guest-virtual addresses, translated by the guest's own tables, in the RAM window.
// Touching a window page that is not mapped is a nested fault like any other.
class GuestVirtualMemory {
 public:
  explicit GuestVirtualMemory(std::span<std::byte> ram) : ram_(ram) {}

  [[nodiscard]] GuestWalk walk(std::uint64_t cr3, Gva address) const;
  // All or nothing; false if a page is not mapped (or, for write(), not writable). At most two pages.
  bool read(std::uint64_t cr3, Gva address, std::span<std::byte> to) const;
  // Sets the accessed and dirty bits in the guest's tables, as a CPU that pushes does.
  bool write(std::uint64_t cr3, Gva address, std::span<const std::byte> from);

 private:
  struct Piece {
    std::byte* at;
    std::size_t bytes;
    GuestWalk walk;
  };
  std::optional<Piece> piece(std::uint64_t cr3, Gva address, std::size_t bytes) const;
  void markTouched(const GuestWalk& walk);

  std::span<std::byte> ram_;
};

inline constexpr std::uint32_t kPageFaultVector = 14;

// The CPU at the moment of an exception.
struct ExceptionState {
  std::uint32_t vector = 0;
  std::uint64_t errorCode = 0;  // of the vectors that have one
  std::uint64_t rip = 0, rflags = 0, rsp = 0, cr2 = 0, cr3 = 0;
  std::uint16_t cs = 0, ss = 0;
  std::uint64_t idtBase = 0;
  std::uint32_t idtLimit = 0;
};

// Where the CPU goes on.
struct ExceptionEntry {
  std::uint64_t rip, rflags, rsp;
};

// Delivers an exception through the guest's interrupt descriptor table: what a CPU does and Unicorn does not. The stack that the
// handler finds, from its RSP up:
//
//     error code (vectors 8, 10 to 14, 17)   RIP   CS   RFLAGS   RSP   SS
//
// The guest runs in ring 0 and has no task state segment. If the exception cannot be delivered, a CPU would raise a double fault
// and then shut down; here the reason is returned, for the VM's crash report.
tl::expected<ExceptionEntry, std::string> deliverException(const ExceptionState& state, GuestVirtualMemory& memory);

// "#PF at rip 0x101234, cr2 0x8 (write, page not present)"
std::string describeException(const ExceptionState& state);

}  // namespace overcommit

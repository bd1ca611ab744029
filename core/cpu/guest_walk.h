// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/ids.h"

namespace overcommit {

// One step of a walk of the guest's own page tables (4 levels, x86-64): where the entry was read and what it said.
struct GuestWalkStep {
  int level = 4;  // 4 = PML4 … 1 = page table
  Gpa entryAt;
  std::uint64_t entry = 0;
};

enum class GuestWalkEnd : std::uint8_t {
  Mapped,
  NotPresent,        // an entry's present bit is clear
  OutsideMemory,     // an entry, or the page, lies outside guest-physical memory
  TableNotReadable,  // the hypervisor could not show the table page
  NotCanonical,      // the address is none that the CPU accepts
  ReservedBit,       // an entry sets a bit that must be 0
};
std::string_view nameOf(GuestWalkEnd end);

struct GuestWalk {
  std::array<GuestWalkStep, 4> steps{};
  int stepCount = 0;
  GuestWalkEnd end = GuestWalkEnd::NotPresent;
  Gpa address;                  // if Mapped: the guest-physical address
  std::uint64_t pageBytes = 0;  // if Mapped: 4 KiB, 2 MiB or 1 GiB
  bool writable = false;        // if Mapped: every level allows writing
};

// Reads 8 aligned bytes of guest-physical memory without touching anything; nothing if that is impossible.
using GuestTableReader = std::function<std::optional<std::uint64_t>(Gpa)>;

// Pure: changes neither the guest's tables nor any state. `memory` bounds what an entry may point to.
GuestWalk walkGuestTables(std::uint64_t cr3, Gva address, Bytes memory, const GuestTableReader& read);

// Bits of a guest page-table entry, for displays.
inline constexpr std::uint64_t kPtePresent = 1u << 0, kPteWritable = 1u << 1, kPteUser = 1u << 2, kPteAccessed = 1u << 5,
                               kPteDirty = 1u << 6, kPteLarge = 1u << 7;

}  // namespace overcommit

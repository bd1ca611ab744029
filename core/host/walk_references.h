// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/host.h"

namespace overcommit {

// The memory references that the hardware makes for one guest-virtual address, in their order: up to 24.
//
//   for the guest's table of level 4, 3, 2, 1:   nested 4, 3, 2, 1, then the guest's entry
//   for the page itself:                         nested 4, 3, 2, 1
//
// Fewer where a large page ends a walk early, or where it ends because something is not present.
struct WalkReference {
  enum class Table : std::uint8_t { Nested, Guest };
  Table table = Table::Nested;
  int level = 4;             // of that table
  int guestLevel = 4;        // which of the guest's tables it is made for; 0: the page itself
  Mfn mfn;                   // the frame that holds the entry
  std::uint64_t offset = 0;  // of the entry in the frame
  std::uint64_t entry = 0;
  [[nodiscard]] NptEntry nested() const { return NptEntry(entry); }
  [[nodiscard]] bool nestedLeaf() const { return level == 1 || nested().large(); }
};

enum class WalkOutcome : std::uint8_t {
  Mapped,
  NestedFault,       // a nested entry is not present: the hypervisor is called
  GuestFault,        // an entry of the guest is not present or malformed: its #PF handler is called
  ProtectionFault,   // no CPU accepts the address
  OutsideMemory,     // a table of the guest points outside its memory
  TableNotReadable,  // a table of the guest is in no frame
};
std::string_view nameOf(WalkOutcome outcome);  // "mapped", "nested fault", …

struct WalkReferences {
  std::vector<WalkReference> references;
  WalkOutcome outcome = WalkOutcome::Mapped;
  std::string why;                 // in words, what ends a walk that is not Mapped
  std::optional<NptEntry> lostAt;  // of a nested fault: the entry that is not present
  std::optional<Gpa> address;      // if the guest maps it
  std::optional<Mfn> frame;        // if Mapped
};
WalkReferences referencesOf(const Host::NestedWalk& walk);

// "present", "writable", …: the flags that an entry sets.
std::vector<std::string_view> guestFlagsOf(std::uint64_t entry);
std::vector<std::string_view> nestedFlagsOf(NptEntry entry);

// "level 4, PML4"
std::string_view guestLevelName(int level);

// Where a guest's entry points to.
inline constexpr std::uint64_t kPteFrame = 0x000f'ffff'ffff'f000u;

}  // namespace overcommit

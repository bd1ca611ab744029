// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 2, part 3: where does a guest-virtual address lead?
//
//   try it:  overcommit run walk.toml --policy walk=walk.cpp --walks guest@300ms:300
//   ask:     overcommit lab check 2 4.1 --submission .
//
// You have two roots: the guest's (a guest-physical address, CR3) and the hypervisor's (a machine address). memory.machine(address) reads
// the 8 bytes at a machine address, and counts as one memory reference. memory.guest(address) reads by guest-physical address, as if the
// nested walk were done already: good for a beginning, but no hardware can do that.
#include <overcommit/walk.h>
using namespace overcommit::policy;

class Mine : public Walker {
  // Which of the 512 entries of a table of this level (4 at the top, 1 at the bottom) the address selects.
  static std::uint64_t index(std::uint64_t address, int level) { return address >> (12 + 9 * (level - 1)) & 511; }

  WalkAnswer walk(const WalkQuestion& question, Memory& memory) override {
    WalkAnswer answer{};
    // 1. Bits 63 to 47 of an address that a processor accepts are all equal. What if they are not?

    // 2. The guest's tables, as if they lay in machine memory. So far only the top one is looked at.
    const std::uint64_t table = question.guest_root & kEntryAddress;
    const std::uint64_t entry = memory.guest(table + index(question.address, 4) * 8);
    if ((entry & kGuestPresent) == 0) {
      answer.end = WalkEnd::GuestFault;
      answer.level = 4;
      return answer;
    }
    // ... levels 3, 2 and 1; kEntryAddress are the bits of an entry that lead to the next table. With kGuestLarge the walk ends at level 3
    // or 2: the entry leads to a page of 1 GiB or 2 MiB.

    // 3. A walk of the nested tables for every guest-physical address: each of the guest's entries, and the page itself. Where the nested
    // tables do not map one, it is a WalkEnd::NestedFault, and answer.guest_physical tells of which address. A write to a page that they
    // map without kNestedWrite is one, too.

    // 4. Mapped: answer.guest_physical and answer.machine are the addresses of the byte.

    // 5. answer.accessed and answer.dirty: how many accessed bits of the guest's entries, and whether the dirty bit of the last one, are
    // clear, and would be set by this access.
    answer.end = WalkEnd::NestedFault;
    return answer;
  }
};
OVERCOMMIT_WALK(Mine)

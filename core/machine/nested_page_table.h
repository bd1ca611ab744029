// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "machine/machine_memory.h"
#include "machine/npt_entry.h"

namespace overcommit {

// A VM's nested page table: a 4-level radix tree whose tables lie in machine frames, as the hardware would walk it.
//
//   gfn bits 35..27    26..18     17..9      8..0
//   root  --------->  level 3 -> level 2 -> level 1 -> entry of the page
//
// All tables are taken when the VM is powered on (they are its overhead), so that an update never needs memory.
//
// A large page is one entry of level 2 that maps 2 MiB; the hardware stops there.
//
//   level 2:  | table | large: mfn 1024 | table |        the table of level 1 that belongs to it is kept, but not reached:
//                          |                             | private 1024, large | private 1025, large | ...
//                          v                             it is what remains when the large page is broken, and it says which
//                   frames 1024 .. 1535                  pages were accessed, which the one entry above cannot
//
// Always true: below a large entry all 512 entries are private pages in consecutive frames, each marked large.
class NestedPageTable {
 public:
  // Frames needed for the tables of a VM of this size: what admission has to find.
  static Pages tablesFor(Pages memory);
  static constexpr Pages kLargestMemory = Pages(std::uint64_t{1} << 36);

  // Builds the tree over frames taken by the caller (exactly tablesFor(memory), use Overhead, zeroed).
  NestedPageTable(MachineMemory& machine, Pages memory, std::vector<Mfn> tables);

  [[nodiscard]] Pages memory() const { return memory_; }
  [[nodiscard]] std::span<const Mfn> tables() const { return tables_; }
  [[nodiscard]] Mfn root() const { return tables_.front(); }

  // gfn < memory(). A page of a large page is private and large(); update() may change its A and D only.
  [[nodiscard]] NptEntry lookup(Gfn gfn) const;
  void update(Gfn gfn, NptEntry entry);

  // Maps the 2 MiB at `first` to the 512 frames from `mfn` on. Both are multiples of 512, and all of these pages lie below memory().
  void mapLarge(Gfn first, Mfn mfn);
  // Maps them by 512 entries of level 1 again, each with its own A and D. `first` is the start of a large page.
  void breakLarge(Gfn first);

  // Every step of the walk for displays: table frame, index and entry of levels 4, 3, 2 and 1; it ends with level 2 at a large page.
  struct Step {
    int level;
    Mfn table;
    unsigned index;
    NptEntry entry;
  };
  [[nodiscard]] std::vector<Step> walk(Gfn gfn) const;

  // Whether the 2 MiB around the page keep the promises made above; in words, if not.
  [[nodiscard]] std::optional<std::string> auditLarge(Gfn first) const;

 private:
  [[nodiscard]] std::byte* entryAt(Gfn gfn) const;
  [[nodiscard]] std::byte* directoryEntryAt(Gfn gfn) const;  // of level 2
  [[nodiscard]] Mfn tableOf(Gfn gfn) const;                  // of level 1

  MachineMemory& machine_;
  Pages memory_;
  std::vector<Mfn> tables_;  // the root, then all tables of level 3, of level 2, of level 1
  std::uint64_t firstLevel2_ = 0, firstLevel1_ = 0;
  std::vector<std::byte*> leaves_;  // level-1 tables in the flat mapping, by gfn / 512: what the walk would find
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
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

  // gfn < memory().
  [[nodiscard]] NptEntry lookup(Gfn gfn) const;
  void update(Gfn gfn, NptEntry entry);

  // Every step of the walk for displays: table frame, index and entry of levels 4, 3, 2, 1.
  struct Step {
    int level;
    Mfn table;
    unsigned index;
    NptEntry entry;
  };
  [[nodiscard]] std::array<Step, 4> walk(Gfn gfn) const;

 private:
  [[nodiscard]] std::byte* entryAt(Gfn gfn) const;

  MachineMemory& machine_;
  Pages memory_;
  std::vector<Mfn> tables_;         // the root, then all tables of level 3, of level 2, of level 1
  std::vector<std::byte*> leaves_;  // level-1 tables in the flat mapping, by gfn / 512: what the walk would find
};

}  // namespace overcommit

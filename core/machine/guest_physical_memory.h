// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/saboteur.h"
#include "machine/bit_tree.h"
#include "machine/guest_windows.h"
#include "machine/nested_page_table.h"

namespace overcommit {

// A VM's guest-physical memory: its nested page table and, for a VM with a CPU, the windows that cache it. Keeps the two
// coherent: a window never shows what the table does not allow (audit() compares them page by page).
//
//   entry                              most that a window shows
//   not present, or A clear            nothing, so that the next touch is seen
//   shared, or D clear                 read-only, so that a break or the first write is seen
//   private, A and D set               read-write
class GuestPhysicalMemory {
 public:
  // `table`: new, every page untouched. `windows`: their RAM window is as large as the table's memory.
  GuestPhysicalMemory(MachineMemory& machine, NestedPageTable table, std::unique_ptr<GuestWindows> windows);

  [[nodiscard]] Pages memory() const { return table_.memory(); }
  [[nodiscard]] const NestedPageTable& table() const { return table_; }
  [[nodiscard]] NptEntry entry(Gfn gfn) const { return table_.lookup(gfn); }
  [[nodiscard]] Pages count(PagePlace place) const;                                       // the first law: these add up to memory()
  [[nodiscard]] bool isPrivate(Gfn gfn) const { return private_.contains(gfn.value()); }  // as entry() says, but sooner
  // The first private page from `from` on.
  [[nodiscard]] std::optional<Gfn> nextPrivate(Gfn from) const;

  // Changes the entry and downgrades the windows accordingly. The caller has changed, or goes on to change, the frame's state.
  // A page that was accessed since it was sampled last, and stays present, stays accessed: A lasts from one sample to the next.
  void set(Gfn gfn, NptEntry entry);
  // Backs the 2 MiB at `first`, all untouched, by the 512 frames from `mfn` on, and maps them by 4 KiB again. Neither changes what a
  // window shows.
  void mapLarge(Gfn first, Mfn mfn);
  void breakLarge(Gfn first);
  [[nodiscard]] Pages largePages() const { return large_; }  // in large pages, a multiple of 512
  // Are there 2 MiB around the page, all of them untouched?
  [[nodiscard]] bool untouchedAround(Gfn gfn) const;

  // Forgets the window mappings and the accessed bit, so that the next touch is seen: working-set sampling.
  void sample(Gfn gfn);

  // After a nested fault was resolved: maps the page where it was touched and sets A and D as the hardware would.
  void fillRam(Gfn gfn, Access access);
  void fillDynamic(std::uint64_t dynamicPage, Gfn gfn, Access access);
  // An access by the engine itself (device, loader, script): sets A and D.
  void touch(Gfn gfn, Access access);

  // Before the first access.
  void sabotage(Saboteur saboteur) { saboteur_ = saboteur; }

  [[nodiscard]] GuestWindows* windows() const { return windows_.get(); }  // nullptr: a VM without a CPU

  // The first way in which windows and table disagree, or the counts are wrong, in words.
  [[nodiscard]] std::optional<std::string> audit() const;
  // The same for one page and all its mappings, in constant time.
  [[nodiscard]] std::optional<std::string> auditPage(Gfn gfn) const;

 private:
  [[nodiscard]] NptEntry touched(Gfn gfn, Access access);
  [[nodiscard]] bool sabotaged(Gfn gfn, NptEntry old, NptEntry entry);
  [[nodiscard]] Mfn shown(Gfn gfn, NptEntry entry) const;

  MachineMemory& machine_;
  NestedPageTable table_;
  std::unique_ptr<GuestWindows> windows_;
  std::array<Pages, kPagePlaces> counts_{};
  std::vector<std::uint16_t> touchedOf_;  // by gfn / 512: pages of that region that are not untouched
  BitTree private_;                       // pages whose place is Private
  Pages large_;
  Saboteur saboteur_ = Saboteur::None;
  std::map<Gfn, Mfn> wronglyShown_;  // a saboteur's: the frame that the windows show instead of the page's own
};

}  // namespace overcommit

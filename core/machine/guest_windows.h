// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "machine/access.h"
#include "machine/dynamic_aliases.h"
#include "machine/machine_memory.h"
#include "machine/window_region.h"

namespace overcommit {

class GuestWindows;

// The process's mappings, counted exactly, against the kernel's limit (vm.max_map_count): shared by all windows of a run, and
// outlives them.
class MappingBudget {
 public:
  // `limit`: mappings that all windows together may use. systemLimit() leaves room for the rest of the process.
  explicit MappingBudget(std::uint64_t limit) : limit_(limit) {}
  static std::uint64_t systemLimit();

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  void change(std::int64_t by) { used_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(used_) + by); }
  [[nodiscard]] bool nearlySpent() const { return used_ + kHeadroom > limit_; }
  static constexpr std::uint64_t kHeadroom = 8;  // one fill or downgrade of a page needs at most 4

  // Flushes `caller`, or all windows if that would not be much.
  void makeRoom(GuestWindows& caller);
  void flushAll();

 private:
  friend class GuestWindows;  // enters and leaves the list of windows
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  std::vector<GuestWindows*> windows_;
};

// The window of one VM: reserved address space through which the emulated CPU reaches guest memory at the speed of the host's
// MMU, which thereby is the nested TLB. Two parts:
//
//   RAM window       page g is guest frame g                              (emulator address 0)
//   dynamic window   page d is guest-virtual page dynamic base / 4 KiB + d (emulator address 1 TiB; used by Unicorn 2.0 only)
//
// The nested page table is the truth; a window only caches it. Unmapping is always allowed, mapping only what the table says.
// A guest frame may be mapped at its RAM page and at any number of dynamic pages (its aliases): revoke() and restrict() act on
// all of them.
class GuestWindows {
 public:
  // `ramBacking`: of the RAM window; nothing: as the dynamic window, whose misses are always signals.
  static Result<std::unique_ptr<GuestWindows>> create(const MachineMemory& machine, MappingBudget& budget, Pages ram, Pages dynamic,
                                                      std::unique_ptr<WindowBacking> ramBacking = nullptr);
  ~GuestWindows();
  GuestWindows(const GuestWindows&) = delete;
  GuestWindows& operator=(const GuestWindows&) = delete;

  [[nodiscard]] std::byte* ramBase() const;
  [[nodiscard]] std::byte* dynamicBase() const;
  [[nodiscard]] WindowBacking* ramBacking() const { return ramBacking_.get(); }  // nullptr: none of its own
  [[nodiscard]] Pages ramPages() const;
  [[nodiscard]] Pages dynamicPages() const;

  // Maps the page. If the mapping budget is nearly spent, everything is unmapped first, like a full TLB that is flushed.
  // `protection` is not None.
  void fillRam(Gfn gfn, Mfn mfn, Protection protection);
  void fillDynamic(std::uint64_t dynamicPage, Gfn gfn, Mfn mfn, Protection protection);

  void revoke(Gfn gfn);                         // no access at the RAM page and all aliases
  void restrictToReadOnly(Gfn gfn);             // at most read access there
  void dropDynamic(std::uint64_t dynamicPage);  // the guest changed this translation
  void dropAllDynamic();
  void flush();  // unmaps everything

  // Whether an access there needs no fill.
  [[nodiscard]] bool ramIsOpen(Gfn gfn, Access access) const { return isOpen(ram_.protection(gfn.value()), access); }
  [[nodiscard]] bool dynamicIsOpen(std::uint64_t dynamicPage, Access access) const {
    return isOpen(dynamic_.protection(dynamicPage), access);
  }

  // What is mapped, for the audit and for tests.
  struct Mapping {
    Gfn gfn;
    Mfn mfn;
    Protection protection;
  };
  [[nodiscard]] std::optional<Mapping> ramMapping(Gfn gfn) const;
  [[nodiscard]] std::optional<Mapping> dynamicMapping(std::uint64_t dynamicPage) const;
  [[nodiscard]] std::vector<std::uint64_t> aliases(Gfn gfn) const;  // the dynamic pages where the frame is mapped
  [[nodiscard]] std::uint64_t flushes() const { return flushes_; }  // how often the budget forced a flush
  [[nodiscard]] std::uint64_t mappings() const { return ram_.mappings() + dynamic_.mappings(); }
  // The first contradiction between the windows' own books, in words.
  [[nodiscard]] std::optional<std::string> audit() const;

 private:
  friend class MappingBudget;  // flushes for want of mappings
  GuestWindows(const MachineMemory& machine, MappingBudget& budget, std::unique_ptr<WindowBacking> ramBacking, WindowRegion ram,
               WindowRegion dynamic);
  static bool isOpen(Protection protection, Access access) {
    return protection >= (access == Access::Write ? Protection::ReadWrite : Protection::ReadOnly);
  }
  void fill(WindowRegion& region, std::uint64_t page, Mfn mfn, Protection protection);
  void lower(WindowRegion& region, std::uint64_t page, Protection protection);
  void flushForBudget();
  [[nodiscard]] bool tryFlush();
  [[nodiscard]] bool unmap(WindowRegion& region);

  const MachineMemory& machine_;
  MappingBudget& budget_;
  std::unique_ptr<WindowBacking> ramBacking_;  // before the region that uses it
  WindowRegion ram_, dynamic_;
  DynamicAliases aliases_;
  std::uint64_t flushes_ = 0;
};

}  // namespace overcommit

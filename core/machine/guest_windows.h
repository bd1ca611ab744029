// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "machine/access.h"
#include "machine/machine_memory.h"

namespace overcommit {

enum class Protection : std::uint8_t { None, ReadOnly, ReadWrite };

// The process's mappings, counted exactly, against the kernel's limit (vm.max_map_count): shared by all windows of a run.
class MappingBudget {
 public:
  // `limit`: mappings that all windows together may use. systemLimit() leaves room for the rest of the process.
  explicit MappingBudget(std::uint64_t limit) : limit_(limit) {}
  static std::uint64_t systemLimit();

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  void change(std::int64_t by) { used_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(used_) + by); }
  [[nodiscard]] bool nearlySpent() const { return used_ + kHeadroom > limit_; }
  static constexpr std::uint64_t kHeadroom = 8;

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
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
  static Result<std::unique_ptr<GuestWindows>> create(const MachineMemory& machine, MappingBudget& budget, Pages ram, Pages dynamic);
  ~GuestWindows();
  GuestWindows(const GuestWindows&) = delete;
  GuestWindows& operator=(const GuestWindows&) = delete;

  [[nodiscard]] std::byte* ramBase() const;
  [[nodiscard]] std::byte* dynamicBase() const;
  [[nodiscard]] Pages ramPages() const;
  [[nodiscard]] Pages dynamicPages() const;

  // Maps the page. If the mapping budget is nearly spent, everything is unmapped first, like a full TLB that is flushed.
  void fillRam(Gfn gfn, Mfn mfn, Protection protection);
  void fillDynamic(std::uint64_t dynamicPage, Gfn gfn, Mfn mfn, Protection protection);

  void revoke(Gfn gfn);                    // no access at the RAM page and all aliases
  void restrictToReadOnly(Gfn gfn);        // at most read access there
  void dropDynamic(std::uint64_t dynamicPage);  // the guest changed this translation
  void dropAllDynamic();
  void flush();  // unmaps everything

  // What is mapped, for the audit and for tests.
  struct Mapping {
    Gfn gfn;
    Mfn mfn;
    Protection protection;
  };
  [[nodiscard]] std::optional<Mapping> ramMapping(Gfn gfn) const;
  [[nodiscard]] std::optional<Mapping> dynamicMapping(std::uint64_t dynamicPage) const;
  [[nodiscard]] std::uint64_t flushes() const;  // how often the budget forced a flush

 private:
  class Region;
  GuestWindows();
  std::unique_ptr<Region> ram_, dynamic_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <unicorn/unicorn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/error.h"
#include "cpu/unicorn_vcpu.h"
#include "cpu/vcpu.h"

namespace overcommit {

// Memory as Unicorn is to see it: guest-physical memory at address 0 and, if not empty, the dynamic area at OC_DYNAMIC_BASE.
// Two regions only: a region per guest page is unusable (25 ms a mapping at 4,000 regions).
struct UnicornMemory {
  std::span<std::byte> ram;
  std::span<std::byte> dynamic;
};

// A copy of the CPU state that Unicorn keeps, taken with uc_context_save(). Its layout is Unicorn's business, but it holds two
// words that the API does not offer; probeUnicorn() finds out where.
class UnicornContext {
 public:
  explicit UnicornContext(uc_engine* engine);

  void save();
  void restore();
  [[nodiscard]] std::span<const std::byte> raw() const;
  [[nodiscard]] std::int32_t word(std::size_t offset) const;
  void setWord(std::size_t offset, std::int32_t value);
  [[nodiscard]] uc_context* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(uc_context* context) const { uc_context_free(context); }
  };
  uc_engine* engine_;
  std::unique_ptr<uc_context, Free> context_;
  std::size_t size_;
};

// An opened Unicorn for x86-64 with its memory mapped. Owns the engine, not the memory.
//
// uc_emu_start() always gets until = 0: with any other value Unicorn walks the guest's tables for that address after each stop,
// which overwrites CR2 and marks an exception in flight. The list of exits is enabled and left empty, so that `until` itself has no
// meaning and a guest may run at address 0 like anywhere else.
class UnicornEngine {
 public:
  static Result<std::unique_ptr<UnicornEngine>> open(UnicornMemory memory);

  [[nodiscard]] uc_engine* get() const { return engine_.get(); }

  // Puts a region of nothing wherever there is no memory: accesses there go to the callbacks. Without it Unicorn 2.0 refuses such an
  // address before it has walked the guest's tables, and a wild pointer would never become the guest's page fault.
  Result<void> mapNothing(uc_cb_mmio_read_t onRead, uc_cb_mmio_write_t onWrite, void* user);

  // Long mode, ring 0, interrupts off, as guests/abi describes. Reads the descriptor table in guest memory.
  void enter(const GuestEntry& entry);

  uc_err start(std::uint64_t rip) { return uc_emu_start(engine_.get(), rip, 0, 0, 0); }

  [[nodiscard]] std::uint64_t read(int reg) const;
  void write(int reg, std::uint64_t value);
  [[nodiscard]] Registers registers() const;

 private:
  struct Close {
    void operator()(uc_engine* engine) const { uc_close(engine); }
  };
  UnicornEngine() = default;
  std::unique_ptr<uc_engine, Close> engine_;
  UnicornMemory memory_;
};

// Unicorn takes hooks of all kinds as void*.
template <typename Callback>
void* asHook(Callback* callback) {
  return reinterpret_cast<void*>(callback);
}

}  // namespace overcommit

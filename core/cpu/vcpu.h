// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace overcommit {

// The general registers as the guest sees them. Also the crash report.
struct Registers {
  std::uint64_t rax = 0, rbx = 0, rcx = 0, rdx = 0, rsi = 0, rdi = 0, rbp = 0, rsp = 0;
  std::uint64_t r8 = 0, r9 = 0, r10 = 0, r11 = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
  std::uint64_t rip = 0, rflags = 0x2, cr2 = 0, cr3 = 0;
};

// Why a vCPU came back.
struct VmExit {
  enum class Kind : std::uint8_t {
    Hypercall,    // `out` to OC_PORT: number and arguments below; answer with Vcpu::reply()
    BalloonPort,  // `in` from OC_BALLOON_PORT: answer with Vcpu::replyBalloon()
    Halt,         // HLT: the guest powers off
    BudgetSpent,  // the budget of basic blocks was used up; run() again to go on exactly there
    Stopped,      // requestStop() was honoured
    Crash,        // the guest did what no CPU can go on from (or our emulator cannot): `reason` says what
  };
  Kind kind = Kind::Halt;
  // Hypercall: RAX, RDI, RSI, RDX. BalloonPort: RAX (magic), RCX (command), RBX, RSI.
  std::uint64_t number = 0;
  std::uint64_t argument1 = 0, argument2 = 0, argument3 = 0;
  std::uint64_t blocks = 0;  // basic blocks run since run() was entered (0 where the backend does not count)
  std::string reason;
};

// A basic block is a straight run of guest instructions; counting them is exact and repeatable where time is not.
struct RunBudget {
  std::uint64_t blocks = 0;  // 0 = no limit
};

// One virtual CPU. run() enters the guest until it leaves for one of the reasons of VmExit. Nested faults are served meanwhile by
// the NestedFaultHandler of the VM's windows; everything else comes back as an exit, handled in one switch by the run loop.
class Vcpu {
 public:
  virtual ~Vcpu() = default;

  virtual VmExit run(RunBudget budget) = 0;

  // The answers to the exit that run() returned last.
  virtual void reply(std::uint64_t rax) = 0;
  virtual void replyBalloon(std::uint32_t eax, std::uint64_t rbx, std::optional<std::uint64_t> rcx) = 0;

  // The guest changed a translation (OC_CALL_TLB_FLUSH): one address, or nothing for all of them. The dynamic window is not the
  // vCPU's business; its own caches are.
  virtual void flushTlb(std::optional<Gva> address) = 0;
  // A page was taken away or replaced between runs: code translated from it must not outlive it.
  virtual void forgetCode(Gfn gfn) = 0;
  // May be called from a nested-fault handler: makes run() return soon: with Stopped, or with a hypercall, halt or crash that
  // the guest came to before. Whether what it does in between matters is the caller's business.
  virtual void requestStop() = 0;

  [[nodiscard]] virtual Registers registers() const = 0;
};

// The state in which a guest is entered (guests/abi/overcommit_abi.h); its page tables and boot information are in place.
struct GuestEntry {
  Gpa instruction, stack, bootInformation, pageTableRoot, descriptorTable;
};

// Whether a guest that never exits is noticed. Off is for measuring what that costs.
enum class Watchdog : std::uint8_t { On, Off };

// This machine has two ports. A guest that uses another was written for a different one, and would wait for an answer for ever.
std::string describePortAccess(std::string_view how, int size, std::uint32_t port);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/unicorn_vcpu.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <set>
#include <vector>

#include "abi/overcommit_abi.h"
#include "cpu/emulator_guard.h"
#include "cpu/unicorn_engine.h"
#include "cpu/unicorn_exception.h"

namespace overcommit {
namespace {

constexpr std::uint32_t kLastVector = 255;

// The blocks still to run in this run(), counted down at the start of each. When a stop is asked for, the count is set aside and
// replaced by 0: the hook of the one block that Unicorn still announces but does not run then leaves everything as it was.
class BlockBudget {
 public:
  void begin(std::uint64_t blocks) { given_ = left_ = blocks == 0 ? kUnlimited : blocks; }
  // True: the block may run and is counted.
  bool take() {
    if (left_ == 0) [[unlikely]]
      return false;
    --left_;
    return true;
  }
  void close() {
    if (closed()) return;
    aside_ = left_;
    left_ = 0;
    closed_ = true;
  }
  void reopen() { closed_ = false; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::uint64_t run() const { return given_ - (closed_ ? aside_ : left_); }

 private:
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t left_ = 0, given_ = 0, aside_ = 0;
  bool closed_ = false;
};

// A guest CPU emulated by Unicorn.
//
// Always true outside uc_emu_start(): the guest's state is exact (RIP names the next instruction to run), no exception is in
// flight, and no hook holds anything back. Rules that keep it so (docs/decisions/unicorn-exact-stops.md):
//   - a hook never writes RIP: the exception hook changes a saved context and restores that, so that a stop is never lost;
//   - a stop is asked for only at a block's start, in a hypercall, whose stub ends the block, or where an exception stopped it;
//   - requestStop() only sets a flag, which the next block, hypercall or exception honours.
class UnicornVcpu final : public Vcpu {
 public:
  static Result<std::unique_ptr<Vcpu>> create(const UnicornInfo& unicorn, UnicornMemory memory, const GuestEntry& entry, Watchdog watchdog);

  ~UnicornVcpu() override;

  VmExit run(RunBudget budget) override;
  void reply(std::uint64_t rax) override;
  void replyBalloon(std::uint32_t eax, std::uint64_t rbx, std::optional<std::uint64_t> rcx) override;
  void flushTlb(std::optional<Gva> address) override;
  void forgetCode(Gfn gfn) override;
  void requestStop() override { stopRequested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] Registers registers() const override;

 private:
  UnicornVcpu(const UnicornInfo& unicorn, std::unique_ptr<UnicornEngine> engine, UnicornMemory memory, const GuestEntry& entry,
              Watchdog watchdog);
  Result<void> addHooks();

  static void onBlock(uc_engine* engine, std::uint64_t address, std::uint32_t size, void* self);
  static void onOut(uc_engine* engine, std::uint32_t port, int size, std::uint32_t value, void* self);
  static std::uint32_t onIn(uc_engine* engine, std::uint32_t port, int size, void* self);
  static void onException(uc_engine* engine, std::uint32_t vector, void* self);
  static std::uint64_t onReadOfNothing(uc_engine* engine, std::uint64_t offset, unsigned size, void* self);
  static void onWriteOfNothing(uc_engine* engine, std::uint64_t offset, unsigned size, std::uint64_t value, void* self);

  void blockRefused();
  void deliver(std::uint32_t vector);
  void stop(VmExit::Kind why);
  void crash(std::string reason);
  [[nodiscard]] bool stopWasRequested() const { return stopRequested_.load(std::memory_order_relaxed); }

  VmExit finish(uc_err error);
  VmExit emulatorFailed() const;
  void readHypercall(VmExit& exit);
  bool stubEndsBlock();
  void applyForgottenCode();
  void clearInFlight();
  std::string describe(uc_err error) const;

  const UnicornInfo unicorn_;
  std::unique_ptr<UnicornEngine> engine_;
  UnicornContext context_;
  GuestVirtualMemory memory_;
  const std::size_t ramBytes_, dynamicBytes_;
  const GuestEntry entry_;
  const Watchdog watchdog_;

  bool entered_ = false;
  bool broken_ = false;  // Unicorn failed: the engine is never touched again
  std::uint64_t rip_ = 0;
  BlockBudget budget_;
  std::optional<VmExit::Kind> stopped_;  // why a hook asked Unicorn to stop
  std::string crashReason_;
  std::atomic<bool> stopRequested_{false};
  std::array<std::uint64_t, 4> knownStubs_{};  // where hypercall stubs end that were seen to be right
  std::size_t nextKnownStub_ = 0;

  // Pages that code was run from, by their number as a guest-virtual address: identity-mapped ones, and those beyond.
  static constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
  std::vector<std::uint8_t> executed_;  // 1: yes
  std::set<std::uint64_t> executedDynamic_;
  std::uint64_t lastDynamicPage_ = kNoPage;
  std::vector<std::uint64_t> forgotten_;  // pages whose translations have to go before the next run
  bool forgetDynamic_ = false;            // and those of all dynamic pages
};

UnicornVcpu::UnicornVcpu(const UnicornInfo& unicorn, std::unique_ptr<UnicornEngine> engine, UnicornMemory memory, const GuestEntry& entry,
                         Watchdog watchdog)
    : unicorn_(unicorn),
      engine_(std::move(engine)),
      context_(engine_->get()),
      memory_(memory.ram),
      ramBytes_(memory.ram.size()),
      dynamicBytes_(memory.dynamic.size()),
      entry_(entry),
      watchdog_(watchdog),
      executed_(memory.ram.size() / kPageSize) {}

Result<std::unique_ptr<Vcpu>> UnicornVcpu::create(const UnicornInfo& unicorn, UnicornMemory memory, const GuestEntry& entry,
                                                  Watchdog watchdog) {
  auto engine = UnicornEngine::open(memory);
  if (!engine) return tl::unexpected<Error>(engine.error());
  std::unique_ptr<UnicornVcpu> vcpu(new UnicornVcpu(unicorn, std::move(*engine), memory, entry, watchdog));
  if (auto hooks = vcpu->addHooks(); !hooks) return tl::unexpected<Error>(hooks.error());
  return vcpu;
}

Result<void> UnicornVcpu::addHooks() {
  constexpr std::uint64_t kEverywhereBegin = 1, kEverywhereEnd = 0;
  uc_hook hook = 0;  // never removed
  uc_engine* const engine = engine_->get();
  std::array<uc_err, 4> errors{
      uc_hook_add(engine, &hook, UC_HOOK_INTR, asHook(onException), this, kEverywhereBegin, kEverywhereEnd),
      uc_hook_add(engine, &hook, UC_HOOK_INSN, asHook(onOut), this, kEverywhereBegin, kEverywhereEnd, UC_X86_INS_OUT),
      uc_hook_add(engine, &hook, UC_HOOK_INSN, asHook(onIn), this, kEverywhereBegin, kEverywhereEnd, UC_X86_INS_IN), UC_ERR_OK};
  // A block hook added to an engine that has run would see nothing of what is translated already.
  if (watchdog_ == Watchdog::On) {
    errors.back() = uc_hook_add(engine, &hook, UC_HOOK_BLOCK, asHook(onBlock), this, kEverywhereBegin, kEverywhereEnd);
  }
  for (const uc_err error : errors) {
    if (error != UC_ERR_OK) return failure("cannot set up Unicorn {}: {}", unicorn_.version, uc_strerror(error));
  }
  return engine_->mapNothing(onReadOfNothing, onWriteOfNothing, this);
}

VmExit UnicornVcpu::run(RunBudget budget) {
  if (broken_) return emulatorFailed();
  if (!entered_) {
    engine_->enter(entry_);
    rip_ = entry_.instruction.value();
    entered_ = true;
  }
  applyForgottenCode();
  budget_.reopen();
  budget_.begin(budget.blocks);
  stopped_.reset();
  if (stopWasRequested()) {
    stopRequested_ = false;
    return VmExit{VmExit::Kind::Stopped, 0, 0, 0, 0, 0, {}};
  }
  struct Start {
    UnicornEngine& engine;
    std::uint64_t rip;
    uc_err error;
  } start{*engine_, rip_, UC_ERR_OK};
  const auto emulate = [](void* argument) {
    auto& it = *static_cast<Start*>(argument);
    it.error = it.engine.start(it.rip);
  };
  const int signal = runGuarded(emulate, &start);
  if (signal != 0) {
    broken_ = true;
    return emulatorFailed();
  }
  rip_ = engine_->read(UC_X86_REG_RIP);
  return finish(start.error);
}

UnicornVcpu::~UnicornVcpu() {
  if (!broken_) return;
  // Closing it could fail like running it. It stays where leak checkers find it.
  static auto* const abandoned = new std::vector<std::unique_ptr<UnicornEngine>>;
  abandoned->push_back(std::move(engine_));
}

VmExit UnicornVcpu::emulatorFailed() const {
  return {VmExit::Kind::Crash,
          0,
          0,
          0,
          0,
          0,
          fmt::format("Unicorn {} fails on this guest's code, in or behind the code at rip {:#x}", unicorn_.version, rip_)};
}

VmExit UnicornVcpu::finish(uc_err error) {
  VmExit exit;
  exit.blocks = watchdog_ == Watchdog::On ? budget_.run() : 0;
  if (error != UC_ERR_OK && stopped_ != VmExit::Kind::Crash) {
    stopped_ = VmExit::Kind::Crash;
    crashReason_ = describe(error);
  }
  exit.kind = stopped_.value_or(VmExit::Kind::Halt);
  const bool call = exit.kind == VmExit::Kind::Hypercall || exit.kind == VmExit::Kind::BalloonPort;
  if (call && !stubEndsBlock()) {
    exit.kind = VmExit::Kind::Crash;
    crashReason_ = fmt::format("the hypercall before rip {:#x} is not followed at once by a jump to the next instruction", rip_);
  } else if (call) {
    readHypercall(exit);
  }
  if (exit.kind == VmExit::Kind::Crash) exit.reason = crashReason_;
  // What the guest did before the stop is not lost: a VM that is stopped for want of memory goes on later.
  if (stopWasRequested() && exit.kind == VmExit::Kind::BudgetSpent) exit.kind = VmExit::Kind::Stopped;
  stopRequested_ = false;
  return exit;
}

void UnicornVcpu::readHypercall(VmExit& exit) {
  const bool balloon = exit.kind == VmExit::Kind::BalloonPort;
  std::array<int, 4> ids = balloon ? std::array<int, 4>{UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RBX, UC_X86_REG_RSI}
                                   : std::array<int, 4>{UC_X86_REG_RAX, UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX};
  std::array<void*, 4> values{&exit.number, &exit.argument1, &exit.argument2, &exit.argument3};
  uc_reg_read_batch(engine_->get(), ids.data(), values.data(), static_cast<int>(ids.size()));
}

// After uc_emu_stop() in a port hook the rest of the block still runs, and a memory access there would leave the block with RIP at
// its start: the guest would run the block, and the hypercall, twice. So the ABI demands a jump to the next instruction; here a
// guest that does without is found. The bytes before RIP must be that jump and, before it, an `in` or `out`.
bool UnicornVcpu::stubEndsBlock() {
  if (std::find(knownStubs_.begin(), knownStubs_.end(), rip_) != knownStubs_.end()) return true;
  constexpr std::size_t kShortJump = 2, kNearJump = 5;
  std::array<std::uint8_t, 7> bytes{};  // the longest stub: two bytes and a near jump
  const std::uint64_t cr3 = engine_->read(UC_X86_REG_CR3);
  if (rip_ < bytes.size() || !memory_.read(cr3, Gva(rip_ - bytes.size()), std::as_writable_bytes(std::span(bytes)))) return false;
  const auto portAccessBefore = [&bytes](std::size_t jump) {
    const std::size_t end = bytes.size() - jump;
    const std::uint8_t one = bytes[end - 1], two = bytes[end - 2];
    return one == 0xee || one == 0xed || two == 0xe6 || two == 0xe5;  // out %al,%dx; in %dx,%eax; the same with a port number
  };
  const bool shortJump = bytes[5] == 0xeb && bytes[6] == 0 && portAccessBefore(kShortJump);
  const bool nearJump =
      bytes[2] == 0xe9 && std::all_of(bytes.begin() + 3, bytes.end(), [](std::uint8_t b) { return b == 0; }) && portAccessBefore(kNearJump);
  if (!shortJump && !nearJump) return false;
  knownStubs_[nextKnownStub_++ % knownStubs_.size()] = rip_;
  return true;
}

void UnicornVcpu::reply(std::uint64_t rax) { engine_->write(UC_X86_REG_RAX, rax); }

void UnicornVcpu::replyBalloon(std::uint32_t eax, std::uint64_t rbx, std::optional<std::uint64_t> rcx) {
  engine_->write(UC_X86_REG_RAX, eax);
  engine_->write(UC_X86_REG_RBX, rbx);
  if (rcx) engine_->write(UC_X86_REG_RCX, *rcx);
}

// Unicorn's software TLB forgets a page at the guest's own INVLPG and CR3 load, which come before this call. What is left is code
// translated from a dynamic page: its address may now mean another page.
void UnicornVcpu::flushTlb(std::optional<Gva> address) {
  const bool concernsDynamic = !address || (address->value() >= OC_DYNAMIC_BASE && address->value() - OC_DYNAMIC_BASE < dynamicBytes_);
  if (concernsDynamic) forgetDynamic_ = true;
}

void UnicornVcpu::forgetCode(Gfn gfn) {
  forgetDynamic_ = true;  // any dynamic page may show this frame
  if (gfn.value() >= executed_.size()) return;
  if (watchdog_ == Watchdog::On && executed_[gfn.value()] == 0) return;
  executed_[gfn.value()] = 0;
  forgotten_.push_back(gfn.value());
}

// Unicorn finds a page by walking the guest's tables; an address that they do not map would be a page fault with all its marks, so
// such a page stays in the list until it is mapped again. (Dropping all translations instead takes 2.0 half a second.)
void UnicornVcpu::applyForgottenCode() {
  if (forgetDynamic_) {
    forgotten_.insert(forgotten_.end(), executedDynamic_.begin(), executedDynamic_.end());
    executedDynamic_.clear();
    lastDynamicPage_ = kNoPage;
    forgetDynamic_ = false;
  }
  if (forgotten_.empty()) return;
  const std::uint64_t cr3 = engine_->read(UC_X86_REG_CR3);
  std::erase_if(forgotten_, [&](std::uint64_t page) {
    const std::uint64_t address = page << kPageShift;
    const GuestWalk walk = memory_.walk(cr3, Gva(address));
    if (walk.end != GuestWalkEnd::Mapped) return false;
    uc_ctl_remove_cache(engine_->get(), address, address + kPageSize);
    return true;
  });
}

Registers UnicornVcpu::registers() const {
  Registers result = engine_->registers();
  result.rip = rip_;
  if (!entered_) result.rip = entry_.instruction.value();
  return result;
}

void UnicornVcpu::stop(VmExit::Kind why) {
  if (!stopped_) stopped_ = why;
  budget_.close();
  uc_emu_stop(engine_->get());
}

void UnicornVcpu::crash(std::string reason) {
  if (stopped_ == VmExit::Kind::Crash) return;  // the first reason is the cause of the others
  stopped_.reset();
  crashReason_ = std::move(reason);
  stop(VmExit::Kind::Crash);
}

// Called millions of times a second: no work beyond one mark, one count and two looks.
void UnicornVcpu::onBlock(uc_engine*, std::uint64_t address, std::uint32_t, void* self) {
  auto& vcpu = *static_cast<UnicornVcpu*>(self);
  const std::uint64_t page = address >> kPageShift;
  if (page < vcpu.executed_.size()) [[likely]] {
    vcpu.executed_[page] = 1;
  } else if (page != vcpu.lastDynamicPage_) {
    vcpu.lastDynamicPage_ = page;
    vcpu.executedDynamic_.insert(page);
  }
  if (!vcpu.budget_.take() || vcpu.stopWasRequested()) [[unlikely]]
    vcpu.blockRefused();
}

void UnicornVcpu::blockRefused() {
  if (budget_.closed()) return;  // announced on the way out; it will be announced again when it runs
  stop(stopWasRequested() ? VmExit::Kind::Stopped : VmExit::Kind::BudgetSpent);
}

void UnicornVcpu::onOut(uc_engine*, std::uint32_t port, int size, std::uint32_t, void* self) {
  auto& vcpu = *static_cast<UnicornVcpu*>(self);
  if (port == OC_PORT && size == 1) {
    vcpu.stop(VmExit::Kind::Hypercall);
  } else {
    vcpu.crash(describePortAccess("wrote", size, port));
  }
}

std::uint32_t UnicornVcpu::onIn(uc_engine*, std::uint32_t port, int size, void* self) {
  auto& vcpu = *static_cast<UnicornVcpu*>(self);
  if (port == OC_BALLOON_PORT && size == 4) {
    const std::uint64_t rax = vcpu.engine_->read(UC_X86_REG_RAX);
    vcpu.stop(VmExit::Kind::BalloonPort);
    return static_cast<std::uint32_t>(rax);  // stays as it is until replyBalloon()
  }
  vcpu.crash(describePortAccess("read", size, port));
  return ~std::uint32_t{0};  // nobody drives the bus
}

void UnicornVcpu::onException(uc_engine*, std::uint32_t vector, void* self) { static_cast<UnicornVcpu*>(self)->deliver(vector); }

void UnicornVcpu::deliver(std::uint32_t vector) {
  context_.save();
  context_.setWord(unicorn_.inFlightAt, -1);
  if (stopWasRequested() || vector > kLastVector) {
    context_.restore();
    if (vector > kLastVector) return crash(fmt::format("the emulator raised its own exception {}", vector));
    return stop(VmExit::Kind::Stopped);
  }

  ExceptionState state;
  state.vector = vector;
  state.errorCode = static_cast<std::uint32_t>(context_.word(unicorn_.errorCodeAt));
  uc_x86_mmr idt{};
  std::array<int, 8> ids{UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_RSP, UC_X86_REG_CR2,
                         UC_X86_REG_CR3, UC_X86_REG_CS,     UC_X86_REG_SS,  UC_X86_REG_IDTR};
  std::array<void*, 8> values{&state.rip, &state.rflags, &state.rsp, &state.cr2, &state.cr3, &state.cs, &state.ss, &idt};
  uc_reg_read_batch(engine_->get(), ids.data(), values.data(), static_cast<int>(ids.size()));
  state.idtBase = idt.base;
  state.idtLimit = idt.limit;

  if (vector == kPageFaultVector && memory_.walk(state.cr3, Gva(state.cr2)).end == GuestWalkEnd::OutsideMemory) {
    context_.restore();
    return crash(fmt::format("{}: the guest's page tables point outside its memory", describeException(state)));
  }
  auto entry = deliverException(state, memory_);
  if (entry) {
    std::array<int, 3> changed{UC_X86_REG_RIP, UC_X86_REG_RSP, UC_X86_REG_RFLAGS};
    std::array<void*, 3> to{&entry->rip, &entry->rsp, &entry->rflags};
    const int count = entry->rflags == state.rflags ? 2 : 3;
    uc_context_reg_write_batch(context_.get(), changed.data(), to.data(), count);
  }
  context_.restore();
  if (!entry) crash(std::move(entry.error()));
}

// The guest's tables lead to an address without memory. On a PC reads would give ones; a kernel that does this is lost.
std::uint64_t UnicornVcpu::onReadOfNothing(uc_engine*, std::uint64_t, unsigned, void* self) {
  static_cast<UnicornVcpu*>(self)->crash("the guest's page tables point outside its memory: a read");
  return 0;
}

void UnicornVcpu::onWriteOfNothing(uc_engine*, std::uint64_t, unsigned, std::uint64_t, void* self) {
  static_cast<UnicornVcpu*>(self)->crash("the guest's page tables point outside its memory: a write");
}

std::string UnicornVcpu::describe(uc_err error) const {
  // A switch over uc_err would have to name its many values that cannot occur here.
  if (error == UC_ERR_INSN_INVALID) return fmt::format("invalid instruction at rip {:#x}", rip_);
  if (error == UC_ERR_FETCH_PROT || error == UC_ERR_FETCH_UNMAPPED) {
    return fmt::format("the guest's page tables point outside its memory: an instruction at rip {:#x}", rip_);
  }
  return fmt::format("the emulator cannot go on at rip {:#x}: {}", rip_, uc_strerror(error));
}

}  // namespace

Result<std::unique_ptr<Vcpu>> createUnicornVcpu(const UnicornInfo& unicorn, const GuestWindows& windows, const GuestEntry& entry,
                                                Watchdog watchdog) {
  const UnicornMemory memory{{windows.ramBase(), bytesOf(windows.ramPages()).value()},
                             {windows.dynamicBase(), bytesOf(windows.dynamicPages()).value()}};
  return UnicornVcpu::create(unicorn, memory, entry, watchdog);
}

}  // namespace overcommit

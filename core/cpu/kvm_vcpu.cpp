// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/kvm_vcpu.h"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "abi/overcommit_abi.h"
#include "cpu/kvm_exit_text.h"
#include "cpu/kvm_interface.h"

namespace overcommit {
namespace {

// The page through which KVM and a vCPU's thread talk: why it came back, and the registers.
class RunPage {
 public:
  RunPage(int vcpu, std::size_t bytes) : bytes_(bytes), at_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0)) {}
  ~RunPage() {
    if (mapped()) munmap(at_, bytes_);
  }
  RunPage(const RunPage&) = delete;
  RunPage& operator=(const RunPage&) = delete;
  [[nodiscard]] bool mapped() const { return at_ != MAP_FAILED; }
  [[nodiscard]] kvm_run& run() const { return *static_cast<kvm_run*>(at_); }
  [[nodiscard]] std::byte* data(std::uint64_t offset) const { return static_cast<std::byte*>(at_) + offset; }

 private:
  std::size_t bytes_;
  void* at_;
};

// A guest CPU on KVM. Between runs its registers are in the run page; what the answers to an exit change there, KVM takes over when it
// is entered again.
class KvmVcpu final : public Vcpu {
 public:
  KvmVcpu(KvmParts parts, const UserfaultBacking& window, KvmSystem::Machine machine, Watchdog watchdog)
      : parts_(parts),
        window_(window),
        watchdog_(watchdog),
        machine_(std::move(machine)),
        page_(machine_.vcpu.get(), parts.system.runBytes()) {}

  Result<void> prepare(const GuestEntry& entry);

  VmExit run(RunBudget budget) override;
  void reply(std::uint64_t rax) override;
  void replyBalloon(std::uint32_t eax, std::uint64_t rbx, std::optional<std::uint64_t> rcx) override;
  // The processor's own caches are coherent, and its TLB heeds the guest's INVLPG and the host's mappings.
  void flushTlb(std::optional<Gva> /*address*/) override {}
  void forgetCode(Gfn /*gfn*/) override {}
  void requestStop() override {
    stopRequested_.store(true);
    parts_.thread.kick();
  }
  [[nodiscard]] Registers registers() const override;

 private:
  [[nodiscard]] int control(unsigned long request, void* argument) const {
    return parts_.system.control(machine_.vcpu.get(), request, argument);
  }
  [[nodiscard]] std::optional<VmExit> kicked(unsigned& ticks);
  [[nodiscard]] VmExit translate() const;
  [[nodiscard]] VmExit portAccess() const;

  KvmParts parts_;
  const UserfaultBacking& window_;
  const Watchdog watchdog_;
  KvmSystem::Machine machine_;
  RunPage page_;
  std::atomic<bool> stopRequested_{false};
};

VmExit exitOf(VmExit::Kind kind) { return {kind, 0, 0, 0, 0, 0, {}}; }
VmExit crashOf(std::string reason) { return {VmExit::Kind::Crash, 0, 0, 0, 0, 0, std::move(reason)}; }

kvm_segment segmentOf(std::uint16_t selector) {
  constexpr std::uint8_t kCodeAccessed = 11, kDataAccessed = 3;
  const bool code = selector == OC_CODE_SELECTOR;
  kvm_segment segment{};
  segment.limit = 0xffff'ffff;
  segment.selector = selector;
  segment.type = code ? kCodeAccessed : kDataAccessed;
  segment.present = segment.s = segment.g = 1;
  segment.l = code ? 1 : 0;
  segment.db = code ? 0 : 1;
  return segment;
}

Result<void> KvmVcpu::prepare(const GuestEntry& entry) {
  constexpr std::uint64_t kEferLongMode = 0x500;         // LME, LMA
  constexpr std::uint64_t kCr4PhysicalExtension = 0x20;  // PAE
  constexpr std::uint64_t kCr0Paging = 0x8001'0033;      // PG, WP, NE, ET, MP, PE
  constexpr std::uint16_t kDescriptors = 3;

  if (!page_.mapped()) return failure("cannot map the state of a vCPU: {}", systemErrorText(errno));
  kvm_sregs special{};
  if (control(KVM_GET_SREGS, &special) != 0) return failure("KVM does not tell the state of a vCPU: {}", systemErrorText(errno));
  special.cr0 = kCr0Paging;
  special.cr3 = entry.pageTableRoot.value();
  special.cr4 = kCr4PhysicalExtension;
  special.efer = kEferLongMode;
  special.gdt.base = entry.descriptorTable.value();
  special.gdt.limit = kDescriptors * 8 - 1;
  special.idt = {};  // none, until the guest loads one
  special.cs = segmentOf(OC_CODE_SELECTOR);
  special.ds = special.es = special.ss = special.fs = special.gs = segmentOf(OC_DATA_SELECTOR);
  if (control(KVM_SET_SREGS, &special) != 0)
    return failure("KVM does not take the state in which guests begin: {}; its processor must have a 64-bit mode", systemErrorText(errno));

  // While a guest is inside: all signals are blocked but the kick.
  KvmSignalMask mask;
  mask.blocked = ~(std::uint64_t{1} << (VcpuThread::kickSignal() - 1));
  if (control(kKvmSetSignalMask, &mask) != 0) return failure("KVM does not block signals: {}", systemErrorText(errno));

  kvm_run& run = page_.run();
  run.kvm_valid_regs = KVM_SYNC_X86_REGS;
  run.kvm_dirty_regs = KVM_SYNC_X86_REGS;
  run.s.regs.regs = {};
  run.s.regs.regs.rip = entry.instruction.value();
  run.s.regs.regs.rsp = entry.stack.value();
  run.s.regs.regs.rdi = entry.bootInformation.value();
  run.s.regs.regs.rflags = 0x2;
  return {};
}

VmExit KvmVcpu::run(RunBudget /*budget*/) {
  parts_.thread.bind();
  if (stopRequested_.exchange(false)) return exitOf(VmExit::Kind::Stopped);
  for (unsigned ticks = 0;;) {
    if (window_.lost()) return crashOf(*window_.lost());
    parts_.faults.guestEnters();
    const int result = parts_.system.kernel().control(machine_.vcpu.get(), KVM_RUN, nullptr);  // a kick interrupts it, and is to
    const int error = errno;
    parts_.faults.guestLeft();
    page_.run().kvm_dirty_regs = 0;
    if (window_.lost()) return crashOf(*window_.lost());
    if (result == 0 && page_.run().exit_reason != KVM_EXIT_INTR) {
      stopRequested_.store(false);  // it has stopped
      return translate();
    }
    if (result != 0 && error != EINTR && error != EAGAIN)
      return crashOf(fmt::format("KVM cannot run its vCPU: {}", systemErrorText(error)));
    if (auto exit = kicked(ticks)) return *exit;
  }
}

std::optional<VmExit> KvmVcpu::kicked(unsigned& ticks) {
  ticks += parts_.thread.takeTicks();
  if (stopRequested_.exchange(false)) return exitOf(VmExit::Kind::Stopped);
  if (watchdog_ == Watchdog::Off || ticks <= parts_.options.hungAfter) return std::nullopt;
  return crashOf(fmt::format("hung: {} ms of processor time without a hypercall (KVM counts no basic blocks)",
                             (parts_.options.tick * parts_.options.hungAfter).count()));
}

VmExit KvmVcpu::translate() const {
  const kvm_run& run = page_.run();
  switch (run.exit_reason) {
    case KVM_EXIT_IO: return portAccess();
    case KVM_EXIT_HLT: return exitOf(VmExit::Kind::Halt);
    default: return crashOf(describeKvmExit(run));
  }
}

VmExit KvmVcpu::portAccess() const {
  const kvm_run& run = page_.run();
  const kvm_regs& r = run.s.regs.regs;
  const bool out = run.io.direction == KVM_EXIT_IO_OUT;
  if (out && run.io.port == OC_PORT && run.io.size == 1 && run.io.count == 1)
    return {VmExit::Kind::Hypercall, r.rax, r.rdi, r.rsi, r.rdx, 0, {}};
  if (!out && run.io.port == OC_BALLOON_PORT && run.io.size == 4 && run.io.count == 1)
    return {VmExit::Kind::BalloonPort, r.rax, r.rcx, r.rbx, r.rsi, 0, {}};
  return crashOf(describePortAccess(out ? "wrote" : "read", run.io.size, run.io.port));
}

void KvmVcpu::reply(std::uint64_t rax) {
  kvm_run& run = page_.run();
  run.s.regs.regs.rax = rax;
  run.kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

// EAX is what the port brings: KVM puts it there when it goes on, but where it emulates the instruction, not if other registers were
// changed as well. So it is given in both ways.
void KvmVcpu::replyBalloon(std::uint32_t eax, std::uint64_t rbx, std::optional<std::uint64_t> rcx) {
  kvm_run& run = page_.run();
  std::memcpy(page_.data(run.io.data_offset), &eax, sizeof eax);
  run.s.regs.regs.rax = eax;
  run.s.regs.regs.rbx = rbx;
  if (rcx) run.s.regs.regs.rcx = *rcx;
  run.kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

Registers KvmVcpu::registers() const {
  const kvm_regs& r = page_.run().s.regs.regs;
  Registers result{r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
                   r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip, r.rflags};
  kvm_sregs special{};
  if (control(KVM_GET_SREGS, &special) == 0) {
    result.cr2 = special.cr2;
    result.cr3 = special.cr3;
  }
  return result;
}

}  // namespace

Result<std::unique_ptr<Vcpu>> createKvmVcpu(KvmParts parts, const GuestWindows& windows, const GuestEntry& entry, Watchdog watchdog) {
  const auto* window = dynamic_cast<const UserfaultBacking*>(windows.ramBacking());
  invariant(window != nullptr, "the window of a VM on KVM is watched by userfaultfd");
  auto machine = parts.system.createMachine(windows.ramBase(), bytesOf(windows.ramPages()));
  if (!machine) return tl::unexpected(machine.error());
  auto vcpu = std::make_unique<KvmVcpu>(parts, *window, std::move(*machine), watchdog);
  if (auto prepared = vcpu->prepare(entry); !prepared) return tl::unexpected(prepared.error());
  return vcpu;
}

}  // namespace overcommit

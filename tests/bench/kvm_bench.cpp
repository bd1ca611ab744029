// SPDX-License-Identifier: GPL-2.0-or-later
// KVM: what the hypervisor around it costs. Nothing of this is measured where /dev/kvm does not open.
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>

#include "bench/paired.h"
#include "cpu/kvm_system.h"
#include "cpu/support/test_guest.h"
#include "machine/userfault_backing.h"

namespace overcommit::bench {
namespace {

using test::Code;
using test::Reg;
using test::TestGuest;
using test::TestHost;

constexpr std::size_t kRamBytes = bytesOf(TestGuest::kMemory).value();
constexpr std::uint64_t kFirstTouched = TestGuest::kFree / kPageSize, kTouched = 1024;

// A VM with plain memory and a loop around KVM_RUN: the least that runs a guest.
class BareKvm {
 public:
  // `memory`: zeros, where the guest and its tables go; what KVM is to see in it.
  BareKvm(const KvmSystem& system, std::byte* memory, Code code) : memory_(memory) {
    poke(0x10000, 0x11003);
    poke(0x11000, 0x12003);
    // As TestGuest has it: where KVM interprets, each level of the guest's tables costs time.
    poke(0x12000, 0x13003);
    for (std::uint64_t page = 1; page < 512; ++page) poke(0x13000 + page * 8, page << kPageShift | 3);
    for (std::uint64_t large = 1; large < kRamBytes >> 21; ++large) poke(0x12000 + large * 8, large << 21 | 0x83);
    poke(OC_GDT_ADDRESS + OC_CODE_SELECTOR, 0x00af'9b00'0000'ffff);
    poke(OC_GDT_ADDRESS + OC_DATA_SELECTOR, 0x00cf'9300'0000'ffff);
    const auto bytes = code.assemble();
    std::memcpy(memory + code.origin(), bytes.data(), bytes.size());
    machine_ = std::move(system.createMachine(memory, Bytes(kRamBytes)).value());
    page_ = mmap(nullptr, system.runBytes(), PROT_READ | PROT_WRITE, MAP_SHARED, machine_.vcpu.get(), 0);
    pageBytes_ = system.runBytes();

    kvm_sregs special{};
    ::ioctl(machine_.vcpu.get(), KVM_GET_SREGS, &special);
    special.cr0 = 0x8001'0033;
    special.cr3 = 0x10000;
    special.cr4 = 0x20;
    special.efer = 0x500;
    special.gdt.base = OC_GDT_ADDRESS;
    special.gdt.limit = 23;
    kvm_segment segment{};
    segment.limit = 0xffff'ffff;
    segment.present = segment.s = segment.g = 1;
    segment.selector = OC_DATA_SELECTOR;
    segment.type = 3;
    segment.db = 1;
    special.ds = special.es = special.ss = special.fs = special.gs = segment;
    segment.selector = OC_CODE_SELECTOR;
    segment.type = 11;
    segment.db = 0;
    segment.l = 1;
    special.cs = segment;
    ::ioctl(machine_.vcpu.get(), KVM_SET_SREGS, &special);
    kvm_regs registers{};
    registers.rip = code.origin();
    registers.rsp = OC_BOOT_STACK_TOP;
    registers.rflags = 2;
    ::ioctl(machine_.vcpu.get(), KVM_SET_REGS, &registers);
  }
  ~BareKvm() { munmap(page_, pageBytes_); }
  BareKvm(const BareKvm&) = delete;
  BareKvm& operator=(const BareKvm&) = delete;

  void run() {
    invariant(::ioctl(machine_.vcpu.get(), KVM_RUN, 0) == 0 && static_cast<kvm_run*>(page_)->exit_reason == KVM_EXIT_IO,
              "a bare guest comes back by its hypercall");
  }

 private:
  void poke(std::uint64_t address, std::uint64_t value) { std::memcpy(memory_ + address, &value, sizeof value); }
  std::byte* memory_;
  KvmSystem::Machine machine_;
  void* page_ = nullptr;
  std::size_t pageBytes_ = 0;
};

// Machine memory of the same kind as the engine's, mapped once.
class PlainMemory {
 public:
  PlainMemory() : file_(memfd_create("bare", MFD_CLOEXEC)) {
    invariant(ftruncate(file_.get(), static_cast<off_t>(kRamBytes)) == 0, "memory for a bare guest");
    at = static_cast<std::byte*>(mmap(nullptr, kRamBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.get(), 0));
  }
  ~PlainMemory() { munmap(at, kRamBytes); }
  PlainMemory(const PlainMemory&) = delete;
  PlainMemory& operator=(const PlainMemory&) = delete;
  [[nodiscard]] int file() const { return file_.get(); }

  std::byte* at = nullptr;

 private:
  OwnedDescriptor file_;
};

// The least that serves a nested fault through userfaultfd: a thread reads the fault, maps the next frame there, and wakes the vCPU.
class FloorMemory {
 public:
  FloorMemory() {
    window = map(nullptr, 0);
    userfault_ = std::move(openUserfault(systemCalls()).value());
    int blocking = 0;
    ::ioctl(userfault_.get(), FIONBIO, &blocking);
    thread_ = std::thread([this] { serve(); });
  }
  ~FloorMemory() {
    ending_ = true;
    takeAway();
    static_cast<void>(*const_cast<volatile std::byte*>(window + TestGuest::kFree));  // a last fault
    thread_.join();
    munmap(window, kRamBytes);
  }
  FloorMemory(const FloorMemory&) = delete;
  FloorMemory& operator=(const FloorMemory&) = delete;
  // The touched pages show nothing.
  void takeAway() {
    std::byte* const at = window + TestGuest::kFree;
    mmap(at, kTouched * kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    uffdio_register range{};
    range.range = {reinterpret_cast<std::uintptr_t>(at), kTouched * kPageSize};
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    invariant(::ioctl(userfault_.get(), UFFDIO_REGISTER, &range) == 0, "userfaultfd watches a bare guest's memory");
  }

  std::byte* window = nullptr;

 private:
  std::byte* map(std::byte* at, std::uint64_t frame) const {
    const bool one = at != nullptr;
    return static_cast<std::byte*>(mmap(at, one ? kPageSize : kRamBytes, PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_POPULATE | (one ? MAP_FIXED : 0), memory_.file(),
                                        static_cast<off_t>(frame * kPageSize)));
  }
  void serve() {
    uffd_msg message{};
    std::uint64_t next = 0;
    while (::read(userfault_.get(), &message, sizeof message) == static_cast<ssize_t>(sizeof message)) {
      const std::uint64_t at = message.arg.pagefault.address & ~(kPageSize - 1);
      map(reinterpret_cast<std::byte*>(at), kFirstTouched + next++ % kTouched);
      uffdio_range range{at, kPageSize};
      ::ioctl(userfault_.get(), UFFDIO_WAKE, &range);
      if (ending_) return;
    }
  }
  PlainMemory memory_;
  OwnedDescriptor userfault_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

// The system and a host on it; without KVM the benchmark is skipped.
struct KvmHost {
  std::unique_ptr<KvmSystem> system;
  std::unique_ptr<TestHost> host;
  explicit KvmHost(benchmark::State& state) {
    auto opened = KvmSystem::open(systemCalls());
    auto backend = createKvmBackend(systemCalls(), {});
    if (!opened || !backend) {
      state.SkipWithError(("skipped: " + (opened ? backend.error() : opened.error()).text).c_str());
      return;
    }
    system = std::move(*opened);
    host = std::make_unique<TestHost>(std::move(*backend));
  }
  explicit operator bool() const { return host != nullptr; }
};

void exitsAgainstBareKvm(benchmark::State& state) {
  const KvmHost kvm(state);
  if (!kvm) return;
  constexpr int kExits = 2'000;
  const Code code = std::move(Code(TestGuest::kCode).label("again").hypercall().jmp("again"));
  TestGuest guest(*kvm.host, code);
  const PlainMemory memory;
  BareKvm bare(*kvm.system, memory.at, code);
  ratio(
      state, atMost(1.3),
      [&] {
        return nanosecondsOf([&] {
          for (int i = 0; i < kExits; ++i) {
            guest.run(0);
            guest.cpu().reply(0);
          }
        });
      },
      [&] {
        return nanosecondsOf([&] {
          for (int i = 0; i < kExits; ++i) bare.run();
        });
      });
}

// Writes a word to each of so many pages, then makes a hypercall, for ever.
Code touching() {
  Code code(TestGuest::kCode);
  code.label("again").mov(Reg::Rdi, TestGuest::kFree).mov(Reg::Rcx, kTouched).label("next").store(Reg::Rdi, Reg::Rcx);
  code.addImmediate(Reg::Rdi, kPageSize).dec(Reg::Rcx).jnz("next").hypercall().jmp("again");
  return code;
}

// All threads that are started from now on run on this processor. A fault goes from one thread to another and back: on two processors, what
// is measured is how busy the other one is.
class OneProcessor {
 public:
  OneProcessor() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &here);
    sched_setaffinity(0, sizeof here, &here);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

// First touches: the pages and their frames are given back before each round.
void nestedFaultsAgainstTheFloor(benchmark::State& state) {
  const OneProcessor processor;
  const KvmHost kvm(state);
  if (!kvm) return;
  TestGuest guest(*kvm.host, touching());
  FloorMemory memory;
  BareKvm floor(*kvm.system, memory.window, touching());
  const auto giveBack = [&] {
    for (Gfn gfn(kFirstTouched); gfn.value() < kFirstTouched + kTouched; gfn = gfn.next()) {
      const NptEntry entry = guest.memory().entry(gfn);
      if (!entry.present()) continue;
      guest.memory().set(gfn, NptEntry());
      guest.machine().release(entry.mfn());
    }
  };
  ratio(
      state, atMost(1.3),
      [&] {
        giveBack();
        guest.faults.clear();
        return nanosecondsOf([&] { guest.run(0); });
      },
      [&] {
        memory.takeAway();
        return nanosecondsOf([&] { floor.run(); });
      });
}

// Reads, mixes and writes words of 256 KiB.
Code mixing() {
  constexpr std::uint64_t kRounds = 3'000;
  Code code(TestGuest::kCode);
  code.label("again")
      .mov(Reg::Rcx, kRounds)
      .mov(Reg::Rbx, TestGuest::kFree)
      .label("round")
      .load(Reg::Rax, Reg::Rbx)
      .add(Reg::Rdx, Reg::Rax);
  code.mov(Reg::Rsi, Reg::Rdx).shiftRight(Reg::Rsi, 7).add(Reg::Rdx, Reg::Rsi).store(Reg::Rbx, Reg::Rdx).mov(Reg::Rdi, Reg::Rcx);
  code.bytes({0x48, 0x81, 0xe7, 0xf8, 0xff, 0x03, 0x00}).mov(Reg::Rbx, TestGuest::kFree).add(Reg::Rbx, Reg::Rdi);  // and $0x3fff8,%rdi
  code.dec(Reg::Rcx).jnz("round").hypercall().jmp("again");
  return code;
}

void computeAgainstBareKvm(benchmark::State& state) {
  const KvmHost kvm(state);
  if (!kvm) return;
  TestGuest guest(*kvm.host, mixing());
  const PlainMemory memory;
  BareKvm bare(*kvm.system, memory.at, mixing());
  ratio(
      state, atLeast(0.97), [&] { return nanosecondsOf([&] { bare.run(); }); }, [&] { return nanosecondsOf([&] { guest.run(0); }); });
}

BENCHMARK(exitsAgainstBareKvm)->Name("KVM: exits / a bare KVM_RUN loop")->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(nestedFaultsAgainstTheFloor)
    ->Name("KVM: nested fault, first touch / userfaultfd floor")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(computeAgainstBareKvm)->Name("KVM: guest compute / bare KVM, speed")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace overcommit::bench

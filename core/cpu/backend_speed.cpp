// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/backend_speed.h"

#include <array>
#include <chrono>
#include <cstring>
#include <vector>

#include "abi/overcommit_abi.h"
#include "cpu/guest_walk.h"
#include "machine/guest_physical_memory.h"

namespace overcommit {
namespace {

constexpr Pages kRam{2048};
constexpr std::uint64_t kRoot = 0x10000, kPointers = 0x11000, kDirectory = 0x12000, kCode = OC_IMAGE_LOWEST_ADDRESS, kTouched = 0x200000;
constexpr std::uint64_t kInstructionsPerRound = 2;

// for (;;) { for (rcx = rdx; rcx != 0; --rcx) {} hypercall(); }
constexpr std::array<std::uint8_t, 12> kCounting{0x48, 0x89, 0xd1,         // again: mov %rdx,%rcx
                                                 0x48, 0xff, 0xc9,         // next:  dec %rcx
                                                 0x75, 0xfb,               //        jnz next
                                                 0xe6, 0x10, 0xeb, 0x00};  //        out %al,$0x10; jmp 1f; 1:
constexpr std::array<std::uint8_t, 2> kAgain{0xeb, 0xf2};                  //        jmp again

// for (rbx = 2 MiB;; rbx += 4096) { *rbx = al; hypercall(); }
constexpr std::array<std::uint8_t, 22> kTouching{0x48, 0xc7, 0xc3, 0x00, 0x00, 0x20, 0x00,  //        mov $0x200000,%rbx
                                                 0x88, 0x03,                                // next:  mov %al,(%rbx)
                                                 0x48, 0x81, 0xc3, 0x00, 0x10, 0x00, 0x00,  //        add $4096,%rbx
                                                 0xe6, 0x10, 0xeb, 0x00,                    //        out %al,$0x10; jmp 1f; 1:
                                                 0xeb, 0xf1};                               //        jmp next

// A VM with nothing around it: a nested fault takes a frame.
class TinyVm final : private NestedFaultHandler {
 public:
  static Result<std::unique_ptr<TinyVm>> create(CpuBackend& backend, std::span<const std::uint8_t> code) {
    std::unique_ptr<TinyVm> vm(new TinyVm(backend));
    if (auto prepared = vm->prepare(code); !prepared) return tl::unexpected(prepared.error());
    return vm;
  }
  ~TinyVm() override {
    cpu_.reset();
    if (memory_ && added_) backend_.removeFaults(*memory_->windows());
  }
  TinyVm(const TinyVm&) = delete;
  TinyVm& operator=(const TinyVm&) = delete;

  // False: the guest did something else than a hypercall.
  [[nodiscard]] bool runToHypercall() { return cpu_->run({}).kind == VmExit::Kind::Hypercall; }

 private:
  explicit TinyVm(CpuBackend& backend) : backend_(backend) {}

  Result<void> prepare(std::span<const std::uint8_t> code) {
    auto machine = MachineMemory::create(kRam + kRam, FreedFrames::PunchOut);
    if (!machine) return tl::unexpected(machine.error());
    machine_ = std::move(*machine);
    auto windows = backend_.createWindows(*machine_, mappings_, kRam, Pages(1));
    if (!windows) return tl::unexpected(windows.error());
    std::vector<Mfn> tables;
    for (Pages i; i < NestedPageTable::tablesFor(kRam); i += Pages(1)) tables.push_back(*machine_->takeOverhead(VmId(0)));
    memory_.emplace(*machine_, NestedPageTable(*machine_, kRam, tables), std::move(*windows));
    const std::uint64_t flags = kPtePresent | kPteWritable;
    poke(kRoot, kPointers | flags);
    poke(kPointers, kDirectory | flags);
    for (std::uint64_t large = 0; large < kRam.value() / kLargePagePages; ++large)
      poke(kDirectory + large * 8, large << 21 | flags | kPteLarge);
    poke(OC_GDT_ADDRESS + OC_CODE_SELECTOR, 0x00af'9b00'0000'ffff);
    poke(OC_GDT_ADDRESS + OC_DATA_SELECTOR, 0x00cf'9300'0000'ffff);
    std::memcpy(frame(kCode), code.data(), code.size());
    backend_.addFaults(*memory_->windows(), *this, *this);
    added_ = true;
    auto cpu = backend_.createVcpu(*memory_->windows(), {Gpa(kCode), Gpa(OC_BOOT_STACK_TOP), Gpa(), Gpa(kRoot), Gpa(OC_GDT_ADDRESS)},
                                   Watchdog::Off);
    if (!cpu) return tl::unexpected(cpu.error());
    cpu_ = std::move(*cpu);
    return {};
  }

  std::byte* frame(std::uint64_t address) {
    const Gfn gfn = gfnOf(Gpa(address));
    if (!memory_->entry(gfn).present()) memory_->set(gfn, NptEntry::privatePage(*machine_->takePrivate(VmId(0), gfn)));
    return machine_->bytes(memory_->entry(gfn).mfn()).data() + address % kPageSize;
  }
  void poke(std::uint64_t address, std::uint64_t value) { std::memcpy(frame(address), &value, sizeof value); }
  void onNestedFault(std::uint64_t page, Access access) override {
    static_cast<void>(frame(page << kPageShift));
    memory_->fillRam(Gfn(page), access);
  }
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override { return memory_->windows()->ramIsOpen(Gfn(page), access); }

  CpuBackend& backend_;
  MappingBudget mappings_{MappingBudget::systemLimit()};
  std::unique_ptr<MachineMemory> machine_;
  std::optional<GuestPhysicalMemory> memory_;
  bool added_ = false;
  std::unique_ptr<Vcpu> cpu_;
};

std::vector<std::uint8_t> countingTo(std::uint32_t rounds) {
  std::vector<std::uint8_t> code{0x48, 0xc7, 0xc2};  // mov $rounds,%rdx
  for (unsigned shift = 0; shift < 32; shift += 8) code.push_back(static_cast<std::uint8_t>(rounds >> shift));
  code.insert(code.end(), kCounting.begin(), kCounting.end());
  code.insert(code.end(), kAgain.begin(), kAgain.end());
  return code;
}

// Runs to so many hypercalls, or fewer once a tenth of a second is over; nanoseconds for each.
Result<double> nanosecondsEach(TinyVm& vm, std::uint64_t most) {
  constexpr std::chrono::milliseconds kEnough{100};
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  std::chrono::duration<double, std::nano> taken{};
  do {
    if (!vm.runToHypercall()) return failure("a guest of a few instructions does not run as it should");
    ++done;
    taken = std::chrono::steady_clock::now() - start;
  } while (done < most && taken < kEnough);
  return taken.count() / static_cast<double>(done);
}

Result<double> measure(CpuBackend& backend, std::span<const std::uint8_t> code, std::uint64_t most) {
  auto vm = TinyVm::create(backend, code);
  if (!vm) return tl::unexpected(vm.error());
  if (!(*vm)->runToHypercall()) return failure("a guest of a few instructions does not run as it should");  // warm
  return nanosecondsEach(**vm, most);
}

}  // namespace

Result<BackendSpeed> measureSpeed(CpuBackend& backend) {
  constexpr std::uint32_t kRounds = 10'000;
  constexpr std::uint64_t kManyExits = 100'000;
  const std::uint64_t pages = kRam.value() - gfnOf(Gpa(kTouched)).value() - 1;
  const auto exits = measure(backend, countingTo(1), kManyExits);
  if (!exits) return tl::unexpected(exits.error());
  const auto counting = measure(backend, countingTo(kRounds), kManyExits);
  if (!counting) return tl::unexpected(counting.error());
  const auto touching = measure(backend, kTouching, pages);
  if (!touching) return tl::unexpected(touching.error());
  BackendSpeed speed;
  speed.exitNanoseconds = *exits;
  speed.instructionsPerSecond = kRounds * kInstructionsPerRound * 1e9 / std::max(*counting - *exits, 1.0);
  speed.nestedFaultNanoseconds = std::max(*touching - *exits, 0.0);
  return speed;
}

}  // namespace overcommit

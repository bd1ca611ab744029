// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/overcommit_abi.h"
#include "cpu/cpu_backend.h"
#include "cpu/guest_walk.h"
#include "cpu/support/assembler.h"
#include "cpu/unicorn_vcpu.h"
#include "machine/guest_physical_memory.h"

namespace overcommit::test {

// What all guests of a test share: machine memory, the mapping budget and the nested-fault machinery.
struct TestHost {
  static constexpr Pages kFrames{16384};

  TestHost() : TestHost(std::move(createUnicornBackend().value())) {}
  explicit TestHost(std::unique_ptr<CpuBackend> backend)
      : machine(std::move(MachineMemory::create(kFrames, FreedFrames::FillWithJunk).value())), cpus(std::move(backend)) {}

  std::unique_ptr<MachineMemory> machine;
  MappingBudget budget{MappingBudget::systemLimit()};
  std::unique_ptr<CpuBackend> cpus;
};

// A VM with the simplest possible hypervisor around it: a nested fault takes a frame or breaks a shared one. Its memory, as
// guests/abi lays it out:
//
//   0x2000 descriptor table and boot stack   0x10000 page tables   0x20000 IDT   0x100000 code   up to 8 MiB: free for tests
//   dynamic area: 512 pages with an empty page table at kDynamicTable
class TestGuest {
 public:
  static constexpr Pages kMemory{2048};
  static constexpr Pages kDynamic{512};
  static constexpr std::uint64_t kRoot = 0x10000, kDynamicTable = 0x16000, kLowTable = 0x13000, kIdt = 0x20000, kIdtRegister = 0x21000;
  static constexpr std::uint64_t kCode = OC_IMAGE_LOWEST_ADDRESS, kFree = 0x200000;
  static constexpr std::uint64_t kPresent = kPtePresent, kWritable = kPtePresent | kPteWritable;

  struct Fault {
    bool dynamic;
    std::uint64_t page;
    Access access;
    friend bool operator==(const Fault&, const Fault&) = default;
  };

  TestGuest(TestHost& host, Code code, VmId id = VmId(0), Watchdog watchdog = Watchdog::On)
      : host_(host), id_(id), ramHandler_(*this, false), dynamicHandler_(*this, true) {
    std::vector<Mfn> tables;
    for (Pages i; i < NestedPageTable::tablesFor(kMemory); i += Pages(1)) tables.push_back(host.machine->takeOverhead(id).value());
    memory_ =
        std::make_unique<GuestPhysicalMemory>(*host.machine, NestedPageTable(*host.machine, kMemory, tables),
                                              std::move(host.cpus->createWindows(*host.machine, host.budget, kMemory, kDynamic).value()));
    host.cpus->addFaults(windows(), ramHandler_, dynamicHandler_);
    buildTables();
    entryPoint_ = code.origin();
    poke(code.origin(), code.assemble());
    cpu_ = std::move(
        host.cpus
            ->createVcpu(windows(), {Gpa(entryPoint_), Gpa(OC_BOOT_STACK_TOP), Gpa(OC_BOOT_INFO_ADDRESS), Gpa(kRoot), Gpa(OC_GDT_ADDRESS)},
                         watchdog)
            .value());
  }
  ~TestGuest() {
    cpu_.reset();
    host_.cpus->removeFaults(windows());
    for (Gfn gfn; gfn.value() < kMemory.value(); gfn = gfn.next()) {
      const NptEntry entry = memory_->entry(gfn);
      if (!entry.present()) continue;
      if (entry.shared()) {
        host_.machine->dropReference(entry.mfn());
      } else {
        host_.machine->release(entry.mfn());
      }
    }
    const std::vector<Mfn> tables(memory_->table().tables().begin(), memory_->table().tables().end());
    memory_.reset();
    for (const Mfn table : tables) host_.machine->release(table);
  }
  TestGuest(const TestGuest&) = delete;
  TestGuest& operator=(const TestGuest&) = delete;

  Vcpu& cpu() { return *cpu_; }
  VmExit run(std::uint64_t blocks = 1'000'000) { return cpu_->run(RunBudget{blocks}); }
  GuestPhysicalMemory& memory() { return *memory_; }
  GuestWindows& windows() { return *memory_->windows(); }
  MachineMemory& machine() { return *host_.machine; }

  // Guest-physical memory, as the engine sees it.
  std::byte* resolve(Gfn gfn, Access access) {
    NptEntry entry = memory_->entry(gfn);
    if (!entry.present()) {
      memory_->set(gfn, NptEntry::privatePage(host_.machine->takePrivate(id_, gfn).value()));
    } else if (access == Access::Write && entry.shared()) {
      const Mfn copy = host_.machine->takePrivate(id_, gfn).value();
      std::memcpy(host_.machine->bytes(copy).data(), host_.machine->bytes(entry.mfn()).data(), kPageSize);
      memory_->set(gfn, NptEntry::privatePage(copy));
      host_.machine->dropReference(entry.mfn());
    }
    return host_.machine->bytes(memory_->entry(gfn).mfn()).data();
  }
  void poke(std::uint64_t address, std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      resolve(gfnOf(Gpa(address + i)), Access::Write)[(address + i) % kPageSize] = bytes[i];
    }
  }
  void poke(std::uint64_t address, std::uint64_t value) { poke(address, std::as_bytes(std::span(&value, 1))); }
  std::uint64_t peek(std::uint64_t address) {
    std::uint64_t value;
    std::memcpy(&value, resolve(gfnOf(Gpa(address)), Access::Read) + address % kPageSize, sizeof value);
    return value;
  }

  // An IDT gate, as a guest kernel would set it up; the IDT register is loaded by `loadIdt` in the guest's code.
  void setHandler(unsigned vector, std::uint64_t handler, std::uint64_t type = 0x8e) {
    poke(kIdt + std::uint64_t{16} * vector,
         (handler & 0xffff) | std::uint64_t{OC_CODE_SELECTOR} << 16 | type << 40 | (handler >> 16 & 0xffff) << 48);
    poke(kIdt + std::uint64_t{16} * vector + 8, handler >> 32);
  }
  void mapDynamic(std::uint64_t page, std::uint64_t frame, std::uint64_t flags = kWritable) {
    poke(kDynamicTable + page * 8, frame << kPageShift | flags);
  }
  static constexpr std::uint64_t dynamicAddress(std::uint64_t page) { return OC_DYNAMIC_BASE + page * kPageSize; }

  // Code that makes the IDT at kIdt the guest's.
  static Code start() { return std::move(Code(kCode).mov(Reg::Rax, kIdtRegister).loadIdt(Reg::Rax)); }

  std::vector<Fault> faults;
  std::function<void(const Fault&)> onFault;  // called within the nested fault
  bool walkFailed = false;                    // a dynamic page was touched that the guest's tables do not map
  std::string lost;                           // why its window can serve no more faults

 private:
  class Handler final : public NestedFaultHandler {
   public:
    Handler(TestGuest& guest, bool dynamic) : guest_(guest), dynamic_(dynamic) {}
    void onNestedFault(std::uint64_t page, Access access) override { guest_.serve({dynamic_, page, access}); }
    [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
      const GuestWindows& windows = *guest_.memory_->windows();
      return dynamic_ ? windows.dynamicIsOpen(page, access) : windows.ramIsOpen(Gfn(page), access);
    }
    void onWindowLost(const std::string& reason) override {
      guest_.lost = reason;
      guest_.cpu().requestStop();
    }

   private:
    TestGuest& guest_;
    bool dynamic_;
  };

  void serve(const Fault& fault) {
    faults.push_back(fault);
    if (onFault) onFault(fault);
    Gfn gfn(fault.page);
    if (fault.dynamic) {
      const GuestWalk walk = walkGuestTables(kRoot, Gva(dynamicAddress(fault.page)), bytesOf(kMemory),
                                             [this](Gpa at) { return std::optional(peek(at.value())); });
      if (walk.end != GuestWalkEnd::Mapped) walkFailed = true;
      gfn = walk.end == GuestWalkEnd::Mapped ? gfnOf(walk.address) : Gfn(kMemory.value() - 1);
    }
    resolve(gfn, fault.access);
    if (fault.dynamic) {
      memory_->fillDynamic(fault.page, gfn, fault.access);
    } else {
      memory_->fillRam(gfn, fault.access);
    }
  }

  void buildTables() {
    constexpr std::uint64_t kLowDirectory = 0x12000, kLowPointers = 0x11000, kDynamicPointers = 0x14000, kDynamicDirectory = 0x15000;
    poke(kRoot, kLowPointers | kWritable);
    poke(kLowPointers, kLowDirectory | kWritable);
    poke(kLowDirectory, kLowTable | kWritable);
    for (std::uint64_t page = 1; page < 512; ++page) poke(kLowTable + page * 8, page << kPageShift | kWritable);
    for (std::uint64_t large = 1; large < kMemory.value() / 512; ++large)
      poke(kLowDirectory + large * 8, large << 21 | kWritable | kPteLarge);
    poke(kRoot + (OC_DYNAMIC_BASE >> 39) * 8, kDynamicPointers | kWritable);
    poke(kDynamicPointers, kDynamicDirectory | kWritable);
    poke(kDynamicDirectory, kDynamicTable | kWritable);
    poke(OC_GDT_ADDRESS + OC_CODE_SELECTOR, 0x00af'9b00'0000'ffff);
    poke(OC_GDT_ADDRESS + OC_DATA_SELECTOR, 0x00cf'9300'0000'ffff);
    poke(kIdtRegister, 4095 | kIdt << 16);
    poke(kIdtRegister + 8, kIdt >> 48);
  }

  TestHost& host_;
  VmId id_;
  Handler ramHandler_, dynamicHandler_;
  std::unique_ptr<GuestPhysicalMemory> memory_;
  std::uint64_t entryPoint_ = 0;
  std::unique_ptr<Vcpu> cpu_;
};

}  // namespace overcommit::test

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cpu/guest_walk.h"
#include "host/virtual_machine.h"

namespace overcommit {

// Serves the faults of one of a VM's windows: asks the pager for the page, then maps it where it was touched.
class RamWindowFaults final : public NestedFaultHandler {
 public:
  RamWindowFaults(VmMemory& memory, Pager& pager, Mfn scratch) : memory_(memory), pager_(pager), scratch_(scratch) {}
  void onNestedFault(std::uint64_t page, Access access) override;
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
    return memory_.guest.windows()->ramIsOpen(Gfn(page), access);
  }
  void onWindowLost(const std::string& reason) override;

 private:
  VmMemory& memory_;
  Pager& pager_;
  Mfn scratch_;
};

// The dynamic window is indexed by guest-virtual pages: the guest's own tables say which frame was meant. The emulator has just
// walked them successfully, so the walk here fails only for a guest that plays tricks.
class DynamicWindowFaults final : public NestedFaultHandler {
 public:
  DynamicWindowFaults(VmMemory& memory, Pager& pager, MachineMemory& machine, Mfn scratch, Gpa pageTableRoot)
      : memory_(memory), pager_(pager), machine_(machine), scratch_(scratch), pageTableRoot_(pageTableRoot) {}
  void onNestedFault(std::uint64_t page, Access access) override;
  [[nodiscard]] bool isOpen(std::uint64_t page, Access access) const override {
    return memory_.guest.windows()->dynamicIsOpen(page, access);
  }
  void setPageTableRoot(Gpa root) { pageTableRoot_ = root; }
  // The guest changed the entry of this page. The window drops it unless the guest's tables still lead to the frame that it shows: guests
  // flush a page far more often because they cleared its accessed bit, and to drop it costs a system call, a fault and another call.
  void flush(std::uint64_t page);

 private:
  VmMemory& memory_;
  Pager& pager_;
  MachineMemory& machine_;
  Mfn scratch_;
  Gpa pageTableRoot_;
};

// The engine's own way to guest pages.
class PagerAccess final : public GuestAccess {
 public:
  PagerAccess(VmMemory& memory, Pager& pager, MachineMemory& machine) : memory_(memory), pager_(pager), machine_(machine) {}
  std::byte* resolve(Gfn gfn, Access access) override;

 private:
  VmMemory& memory_;
  Pager& pager_;
  MachineMemory& machine_;
};

// What the balloon device does to a VM's pages.
class PagerBalloon final : public BalloonHost {
 public:
  PagerBalloon(VmMemory& memory, Pager& pager, GuestAccess& access) : memory_(memory), pager_(pager), access_(access) {}
  BalloonLock lockPage(Gfn gfn) override;
  BalloonLock unlockPage(Gfn gfn) override;
  void unlockAllPages() override;
  std::optional<std::uint64_t> readBatchEntry(Gfn page, std::uint64_t index) override;
  void writeBatchEntry(Gfn page, std::uint64_t index, std::uint64_t entry) override;

 private:
  VmMemory& memory_;
  Pager& pager_;
  GuestAccess& access_;
};

// Reads 8 bytes of guest memory without touching anything: for walks of the guest's tables.
std::optional<std::uint64_t> lookAtGuest(const VmMemory& memory, const MachineMemory& machine, Gpa address);

// What exists only while a VM is on. Built in powerOn(), torn down in reverse order.
struct VirtualMachine::On {
  std::unique_ptr<VmMemory> memory;
  std::vector<Mfn> tables;
  std::unique_ptr<PagerAccess> access;
  std::unique_ptr<RamWindowFaults> ramFaults;
  std::unique_ptr<DynamicWindowFaults> dynamicFaults;
  std::unique_ptr<Vcpu> vcpu;
  std::optional<GuestLayout> layout;  // nothing: a script
  std::unique_ptr<GuestDisk> image, swapDisk;
  std::unique_ptr<PagerBalloon> balloonPages;
  std::unique_ptr<BalloonDevice> balloon;
  std::uint64_t popsSeen = 0;            // by the balloon device
  FaultyPageFile* swapFaults = nullptr;  // the file inside memory->swap
  std::optional<Gfn> statsPage;
  std::uint64_t failingDiskOperations = 0;
  bool allDiskOperationsFail = false;
};

}  // namespace overcommit

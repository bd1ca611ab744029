// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "abi/overcommit_abi.h"
#include "base/disk_queue.h"
#include "cpu/cpu_backend.h"
#include "cpu/elf_image.h"
#include "cpu/vcpu.h"
#include "devices/balloon_device.h"
#include "devices/console.h"
#include "devices/guest_disk.h"
#include "devices/meter.h"
#include "host/guest_loader.h"
#include "host/run_config.h"
#include "machine/nested_fault.h"
#include "policy/profile.h"
#include "reclaim/reclaimer.h"
#include "trace/memory_figures.h"

namespace overcommit {

enum class VmState : std::uint8_t {
  Off,      // not started yet, or powered off
  Running,  // runs whenever its clock is behind the host's
  Waiting,  // asked to sleep until a time
  Blocked,  // memory ran out; goes on when some is free
  Crashed,  // stopped with a reason
};
std::string_view nameOf(VmState state);

class VirtualMachine;

// What all VMs of a host share.
struct HostParts {
  const RunConfig& config;
  MachineMemory& machine;
  Pager& pager;
  Reclaimer& reclaimer;
  PageSharing& sharing;
  EventLog& log;
  CpuBackend* cpus;  // nullptr: no VM has a CPU
  MappingBudget& mappings;
  DiskQueue& guestDisks;
  ZipSlots zipSlots;                // of the vintage
  std::uint64_t balloonMaxPercent;  // CtlMaxPercent
  Gate shareGate, balloonGate;
  Pages balloonStep;                                         // that a balloon's target moves from its size between two polls
  std::filesystem::path scratchDirectory;                    // swap files and disk overlays
  Mfn scratchFrame;                                          // mapped where a fault cannot be served
  std::function<void(const VirtualMachine&)> beforeRelease;  // see HostSurroundings
  std::function<const MemoryFigures&(FigureDepth)> figures;  // of the host now
};

// What a VM runs, read and checked once: exactly one is set.
struct VmSoftware {
  std::span<const std::byte> kernel;  // an ELF file
  std::string script;                 // the text of a script
  std::string generator;              // the name of a script generator
};

// A virtual machine: its configuration, its life (off, running, waiting, blocked, crashed), and while it is on, its memory, vCPU and
// devices. Its figures stay readable after it was powered off.
class VirtualMachine {
 public:
  VirtualMachine(VmId id, const VmConfig& config, VmSoftware software, HostParts& host);
  ~VirtualMachine();
  VirtualMachine(const VirtualMachine&) = delete;
  VirtualMachine& operator=(const VirtualMachine&) = delete;

  // Takes the overhead, creates the swap file, loads the guest. An error leaves the VM off.
  Result<void> powerOn(VirtualTime now, const MemorySettings& settings);
  void powerOff(const std::string& why);
  // Runs until the VM's clock has passed `end` or it cannot go on. It is blocked when it took a frame kept for emergencies, or
  // when so few of these are left that they are needed for VMs that are in the middle of something.
  void run(VirtualTime end);
  // Stops the VM because of `reason`, if a fault that could not be served marked it dead outside its own run().
  void reap();
  // There is memory again.
  void unblock();
  // Tells the memory scheduler what the balloon device knows, and the device what its balloon_max or the host's CtlMaxPercent is now.
  void refreshBalloon();
  void signal() { ++signals_; }
  void inject(DeviceFault fault, std::uint64_t count);
  void setMemorySettings(const MemorySettings& settings);
  void setLargeBacking(LargeBacking backing);  // of pages touched from now on
  // The VM's own settings and the host's gates together.
  [[nodiscard]] VmSharing sharing() const;
  [[nodiscard]] bool mayBalloon() const { return config_.balloon && host_.balloonGate == Gate::Open; }

  [[nodiscard]] VmId id() const { return id_; }
  [[nodiscard]] const VmConfig& config() const { return config_; }
  [[nodiscard]] VmState state() const { return state_; }
  // The events of the last power-on, and of the last time it was blocked; 0: there was none.
  [[nodiscard]] std::uint64_t powerOnEvent() const { return powerOnEvent_; }
  [[nodiscard]] std::uint64_t blockEvent() const { return blockEvent_; }
  [[nodiscard]] bool on() const { return on_ != nullptr; }
  [[nodiscard]] const VmClock& clock() const { return clock_; }
  [[nodiscard]] const Meter& meter() const { return meter_; }
  [[nodiscard]] const std::string& crashReason() const { return crashReason_; }
  [[nodiscard]] const std::string& lastConsoleLine() const { return console_.lastLine(); }
  [[nodiscard]] const MemorySettings& memorySettings() const { return settings_; }
  [[nodiscard]] MemoryCounters counters() const;
  [[nodiscard]] Pages count(PagePlace place) const;  // all 0 while off, but Untouched: the whole memory
  [[nodiscard]] Pages overhead() const;              // frames that the hypervisor uses for this VM
  [[nodiscard]] Pages swapFileSlots() const;
  [[nodiscard]] const BalloonDevice* balloon() const;
  [[nodiscard]] const VmMemory* memory() const;  // nullptr while off
  // Of its host and all VMs, as counters need them.
  [[nodiscard]] const MemoryFigures& hostFigures(FigureDepth depth) const { return host_.figures(depth); }
  [[nodiscard]] std::optional<Registers> registers() const;
  // The guest's own figures, if it has told where they are and they can be read without touching them.
  [[nodiscard]] std::optional<oc_guest_stats> guestStats() const;
  // The one page that may hold time-dependent data (none for scripts).
  [[nodiscard]] std::optional<Gfn> clockPage() const;

 private:
  struct On;  // what exists only while the VM is on
  class Hypercalls;

  [[nodiscard]] bool mustBlock() const;
  void block(VirtualTime end);
  void handle(const VmExit& exit);
  void crash(const std::string& reason);
  void release(std::uint64_t cause);
  void recordPowerOff(const std::string& why, std::uint64_t cause);
  [[nodiscard]] Event event(EventKind kind) const;
  [[nodiscard]] std::uint64_t attention();
  void setBalloonTarget();
  [[nodiscard]] Pages balloonMaximum() const;  // that the administrator allows
  // May the driver talk to the host? Ballooning that was switched off goes on until the balloon is empty.
  [[nodiscard]] bool hasBalloon() const;
  void recordConsole(const std::vector<std::string>& lines);

  VmId id_;
  const VmConfig& config_;
  VmSoftware software_;
  HostParts& host_;
  VmState state_ = VmState::Off;
  std::uint64_t powerOnEvent_ = 0, blockEvent_ = 0;  // the last of each; 0: none yet
  std::unique_ptr<On> on_;

  VmClock clock_{VirtualTime(0)};
  Meter meter_{VirtualTime(0)};
  Console console_;
  MemorySettings settings_;
  LargeBacking largeBacking_ = LargeBacking::Off;
  MemoryCounters lastCounters_;
  std::optional<oc_guest_stats> lastStats_;
  std::string crashReason_;
  std::uint64_t signals_ = 0;
  VirtualTime wakeAt_, nextPoll_;
  std::uint64_t deflatesSeen_ = 0, firstTouchesSeen_ = 0;  // at the last poll of the balloon
  Pages balloonSeen_;                                      // its size then
  bool balloonStalled_ = false;
  std::uint64_t silentBlocks_ = 0;   // basic blocks since the last exit that told anything
  std::uint64_t timelessExits_ = 0;  // exits since the VM's clock last moved
};

}  // namespace overcommit

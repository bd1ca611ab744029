// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk_queue.h"
#include "base/error.h"
#include "base/hash.h"
#include "cpu/cpu_backend.h"
#include "cpu/guest_walk.h"
#include "cpu/kvm_system.h"
#include "host/run_config.h"
#include "machine/host_pages.h"
#include "machine/nested_fault.h"
#include "machine/nested_page_table.h"
#include "policy/seam.h"
#include "trace/event_log.h"
#include "trace/memory_figures.h"
#include "trace/trace_header.h"

namespace overcommit {

class VirtualMachine;

// An input of the run and its hash, as the trace header lists them.
struct InputHash {
  std::string name;
  std::string kind;  // "guest", "image", "script", "policy"
  std::uint64_t hash = 0;
};

// What the outside provides for a run.
struct HostSurroundings {
  std::filesystem::path referenceGuest;       // guests/prebuilt/overcommit-guest.elf
  std::filesystem::path swapDirectory;        // where .vswp files live; on a disk with room
  std::optional<std::uint64_t> mappingLimit;  // instead of the system's, for tests
  // Called before a VM's memory is discarded because it powers off: to compare what guests left behind.
  std::function<void(const VirtualMachine&)> beforeRelease;
  // Who decides about memory; they live as long as the host. Answers are checked (policy/checked_policies.h).
  Policies policies{};
  // What those who decide were made of: inputs of the run beside those of its scenario.
  std::vector<InputHash> policyInputs{};
  // What KVM and userfaultfd are reached through; the system's own unless a test puts another kernel there.
  KernelCalls* kernel = &systemCalls();
  KvmOptions kvm{};
  Bytes pageSize = hostPageSize();  // of the machine below; another one for tests
};

class PageSharing;
class Pager;
class Reclaimer;

// The hypervisor at work: machine memory, VMs, run loop. Advances in quanta of virtual time; everything else happens between them.
class Host {
 public:
  // Nothing runs yet. Errors: a missing file, a host too small for itself, no memory for the frames, an unusable Unicorn
  // (`backendUnavailable` tells that one apart: exit code 77).
  static Result<std::unique_ptr<Host>> create(RunConfig config, HostSurroundings surroundings, EventLog& log);
  ~Host();

  // Runs one quantum (or jumps over idle time), not beyond `until`. Afterwards now() has advanced unless it was at `until`.
  void step(VirtualTime until);
  // Applies one action of the timeline at now(). A setting that cannot be applied is an error.
  Result<void> apply(const TimedAction& action);
  // Call before the first step(): powers on the VMs that start at 0, so that a trace can be attached to the log first.
  // An error of one of them (admission refused, a malformed kernel, no memory) is the run's.
  Result<void> start();
  // The last check of the audit. VMs stay as they are: the end of the run is no event of theirs.
  void finish();

  [[nodiscard]] VirtualTime now() const;
  [[nodiscard]] VirtualTime quantum() const;
  // True when no VM will ever run again (all off or crashed, none to be started).
  [[nodiscard]] bool allOff() const;
  // A limit of the scenario that was reached, in words.
  [[nodiscard]] std::optional<std::string> limitReached() const;

  [[nodiscard]] const RunConfig& config() const;
  [[nodiscard]] std::span<const std::unique_ptr<VirtualMachine>> vms() const;
  [[nodiscard]] const MachineMemory& machine() const;
  [[nodiscard]] const EventLog& log() const;
  [[nodiscard]] std::span<const InputHash> inputs() const;
  // What a trace of this run begins with; `scenario`: the TOML text.
  [[nodiscard]] TraceHeader traceHeader(std::string scenario, std::string scenarioName) const;
  [[nodiscard]] std::string engine() const;  // "unicorn 2.0.1", "kvm" or "script"
  [[nodiscard]] const Pager& pager() const;
  [[nodiscard]] const Reclaimer& reclaimer() const;
  [[nodiscard]] const PageSharing& sharing() const;
  [[nodiscard]] const DiskQueue& swapDisk() const;
  [[nodiscard]] const DiskQueue& guestDisks() const;
  // What counters are computed from, now; valid until the next call.
  [[nodiscard]] const MemoryFigures& figures(FigureDepth depth) const;

  // The two-dimensional walk of a guest-virtual address, without side effects.
  struct NestedWalk {
    GuestWalk guest;
    // For each guest table entry read, and for the final page: the nested walk of its guest-physical address.
    std::vector<std::vector<NestedPageTable::Step>> nested;
  };
  [[nodiscard]] NestedWalk walk(VmId vm, Gva address) const;

 private:
  class Implementation;
  explicit Host(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// True if this error of Host::create means that the backend is missing on this machine.
bool backendUnavailable(const Error& error);

}  // namespace overcommit

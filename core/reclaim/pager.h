// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/costs.h"
#include "base/disk_queue.h"
#include "base/saboteur.h"
#include "machine/access.h"
#include "policy/checked_policies.h"
#include "policy/free_state.h"
#include "reclaim/vm_memory.h"
#include "trace/event_log.h"

namespace overcommit {

enum class Resolution : std::uint8_t { Present, Dead };
enum class ZipResult : std::uint8_t { Done, NotACandidate, DoesNotFit, NotAdmitted, CacheFull, NoFrame };
enum class SwapOutResult : std::uint8_t { Done, NotACandidate, NoSpace, GateLocked, DiskError };
enum class BalloonResult : std::uint8_t { Done, BadPage, AlreadyLocked, AlreadyUnlocked, Pinned };
// SwapEnable: whether the host may share, zip or swap what it takes from VMs; forbidden, only balloons give memory.
enum class HypervisorSwap : std::uint8_t { Allowed, Forbidden };
// Whether a technique is locked shut for all VMs while they run: the host options GateShare, GateBalloon, GateZip and GateSwap. Locked, the
// last lets no page into the swap files, compressed ones included.
enum class Gate : std::uint8_t { Open, Locked };

// Asks for frames. On behalf of `toucher`, if given, which waits for the first of them; only from the VM `only`, if given.
struct ReclaimRequest {
  ReclaimReason reason;
  Pages wanted;
  VmMemory* only = nullptr;
  VmMemory* toucher = nullptr;
  Gfn touched;
  std::uint64_t cause = 0;
};
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // Called from within a nested fault: touches no window. Returns how many frames became free.
  virtual Pages reclaim(const ReclaimRequest& request) = 0;
};

// The one place where pages of guests change their place: nested faults are resolved here, and pages are taken here. Every change
// is recorded, charged to the clock of the VM that caused it, and counted against the free-state thresholds.
//
//   resolve():  untouched --first touch--> private      shared --write: break--> private
//               zipped --unzip--> private               ballooned --pop--> untouched --> private
//               swapped --swap in--> private
//               2 MiB of untouched pages --first touch of one--> private, in a large page
//   taking:     private --zip()--> zipped               private or zipped --swapOut()--> swapped
//               private --share*()--> shared            any but a table --lock()--> ballooned
//
// A large page is broken before one of its pages changes its place. It is never shared: break it first.
//
// resolve() never fails for want of memory while anything can be reclaimed. It may run in signal context (see nested_fault.h), is
// never re-entered and touches no window.
class Pager {
 public:
  struct Parts {
    MachineMemory& machine;
    EventLog& log;
    const Costs& costs;
    DiskQueue& swapDisk;
    std::size_t vms = 1;  // at most so many at a time
    Policies policies{};  // whom to ask
    Saboteur saboteur = Saboteur::None;
  };
  Pager(Parts parts, const FreeStateThresholds& thresholds);
  // Who frees frames when there are none left; without one, a host that is full stops its VMs.
  void setFrameSource(FrameSource& source) { source_ = &source; }

  // Everything that decides about memory asks here. What a policy answers wrongly is recorded as a refusal.
  [[nodiscard]] CheckedPolicies& policies() { return policies_; }
  [[nodiscard]] Saboteur saboteur() const { return parts_.saboteur; }

  // Called just before a shared frame loses its last reference or becomes private.
  std::function<void(Mfn)> sharedFrameGone;
  // Called when a large page was broken, with its first page and the event that says so; not when its VM goes away.
  std::function<void(const VmMemory&, Gfn first, std::uint64_t event)> largePageBroken;

  void add(VmMemory& vm);
  [[nodiscard]] const VmMemory* find(VmId vm) const;  // nullptr: not on
  [[nodiscard]] const std::vector<VmMemory*>& vms() const { return vms_; }
  // Discards every page of the VM and forgets it. `cause`: the power-off or crash event.
  void remove(VmMemory& vm, std::uint64_t cause);

  Resolution resolve(VmMemory& vm, Gfn gfn, Access access);

  // What a page holds, without touching anything. False if that is unknown: the disk failed.
  bool look(const VmMemory& vm, Gfn gfn, std::span<std::byte, kPageSize> bytes) const;

  // May the page be taken away now: private, no page table of the guest, not among the pages that this VM faulted last?
  [[nodiscard]] bool isCandidate(const VmMemory& vm, Gfn gfn) const;
  // Writes a candidate, or a page of the compression cache, to the swap file.
  SwapOutResult swapOut(VmMemory& vm, Gfn gfn, std::uint64_t cause);
  void setSwapGate(Gate gate) { swapGate_ = gate; }
  // May any page go to the VM's swap file?
  [[nodiscard]] bool hasSwapRoom(const VmMemory& vm) const { return swapGate_ == Gate::Open && !vm.swap.full(); }
  // Compresses a candidate into the VM's cache, which may have `mostFrames` store frames, if the policy admits it. If the cache is full,
  // pages that the policy chooses, among those that have lain in it the longest, are swapped out to make room.
  struct ZipOutcome {
    ZipResult result;
    std::uint32_t evicted = 0;  // pages swapped out for it
  };
  ZipOutcome zip(VmMemory& vm, Gfn gfn, Pages mostFrames, std::uint64_t cause);
  // The page of the cache that goes next, as the policy chooses; nothing if it is empty. The VM has a cache.
  [[nodiscard]] std::optional<Gfn> toEvict(VmMemory& vm);

  // Maps the large page around `gfn` by 4 KiB again. Takes the VM's time: its CPUs must forget the translation.
  void breakLarge(VmMemory& vm, Gfn gfn, LargeBreakReason reason, std::uint64_t cause);

  BalloonResult lock(VmMemory& vm, Gfn gfn);
  BalloonResult unlock(VmMemory& vm, Gfn gfn);
  // Gives all ballooned pages back to the guest as untouched ones (the driver or the guest was reset).
  void unlockAll(VmMemory& vm, std::uint64_t cause);

  // The mechanism of page sharing. Makes a private page, of no large page and no page table, the first to share its own frame, so that
  // others can join it.
  void shareAlone(VmMemory& vm, Gfn gfn, std::uint64_t cause);
  // Makes a private page share a frame that is shared already; the caller has compared all bytes.
  void shareFrame(VmMemory& vm, Gfn gfn, Mfn shared, std::uint64_t cause);

  [[nodiscard]] FreeState freeState() const { return state_; }
  // That said so; 0: it never changed.
  [[nodiscard]] std::uint64_t freeStateEvent() const { return stateEvent_; }
  // The last event that took a frame for a page.
  [[nodiscard]] std::uint64_t lastTake() const { return lastTake_; }
  // After frames were taken or given back by others: overhead.
  void evaluateFreeState(std::uint64_t cause);
  [[nodiscard]] const FreeStateThresholds& thresholds() const { return thresholds_; }
  // Recomputed when a setting changes: the cause.
  void setThresholds(const FreeStateThresholds& thresholds, std::uint64_t cause);
  // Frames kept back for instructions that must finish: below this, a VM that takes one is blocked.
  [[nodiscard]] Pages emergencyFrames() const { return emergency_; }

 private:
  std::optional<Mfn> takeFrame(VmMemory& vm, Gfn gfn);
  Resolution firstTouch(VmMemory& vm, Gfn gfn, std::uint64_t cause);
  // Backs the 2 MiB around the page with a large page. False: not possible, or not wanted.
  bool largeTouch(VmMemory& vm, Gfn gfn, std::uint64_t cause);
  void breakIfLarge(VmMemory& vm, Gfn gfn, LargeBreakReason reason, std::uint64_t cause);
  Resolution breakShared(VmMemory& vm, Gfn gfn, NptEntry entry);
  Resolution unzip(VmMemory& vm, Gfn gfn);
  Resolution swapIn(VmMemory& vm, Gfn gfn);
  Resolution readSwapped(VmMemory& vm, Gfn gfn, NptEntry entry, Mfn mfn);
  std::uint64_t pop(VmMemory& vm, Gfn gfn);
  // `event`: reports that the VM took a frame.
  void frameTaken(VmMemory& vm, std::uint64_t event);
  void makeDead(VmMemory& vm, std::string reason);
  void setPage(VmMemory& vm, Gfn gfn, NptEntry entry);
  // Frees what is behind a page and records the event that reports it, with its mfn and slot filled in.
  std::uint64_t dropBacking(VmMemory& vm, NptEntry entry, Event event);
  void recordWrong(const WrongAnswer& answer);
  // Of a compression cache, if there is one.
  void recordStoreFrame(const VmMemory& vm, EventKind kind, std::optional<Mfn> mfn, std::uint64_t cause);

  Parts parts_;
  CheckedPolicies policies_;
  FreeStateThresholds thresholds_;
  Pages emergency_;
  FrameSource* source_ = nullptr;
  FreeState state_ = FreeState::High;
  std::uint64_t stateEvent_ = 0, lastTake_ = 0;
  bool resolving_ = false;
  std::uint32_t answersTold_ = 0;  // of policies that were refused
  Gate swapGate_ = Gate::Open;
  PageCompressor compressor_;
  std::vector<ZippedCandidate> evictable_;  // of one question
  std::vector<VmMemory*> vms_;
};

}  // namespace overcommit

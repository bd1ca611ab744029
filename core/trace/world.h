// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "trace/event.h"
#include "trace/place.h"
#include "trace/trace_header.h"
#include "trace/world_cells.h"
#include "trace/world_changes.h"
#include "trace/world_undo.h"

namespace overcommit {

// A guest page: where it is, and what the guest uses it for.
struct WorldPage {
  PagePlace place = PagePlace::Untouched;
  GuestUse guestUse = GuestUse::Unknown;
  Mfn mfn;                            // private, shared: its frame; zipped: the store frame, 0 if it is same-filled
  std::uint64_t slot = 0;             // swapped: its slot in the VM's .vswp
  std::uint32_t storeOffset = 0;      // zipped: where in the store frame
  std::uint32_t compressedBytes = 0;  // zipped: 1 to 2048; 0 if it is same-filled, for then it is in no frame
  bool large = false;                 // private: part of a large page
  friend bool operator==(const WorldPage&, const WorldPage&) = default;
};

// A machine frame.
struct WorldFrame {
  FrameUse use = FrameUse::Free;
  VmId vm;                                    // private, zip store, overhead: whose (kNoVm: the host's)
  Gfn gfn;                                    // private: which page
  std::uint32_t references = 0;               // shared: pages that map it; zip store: pages in it
  OverheadUse overhead = OverheadUse::Other;  // overhead: for what
  bool zeros = false;                         // shared: it holds zeros only
  friend bool operator==(const WorldFrame&, const WorldFrame&) = default;
};

// A VM's figures. Pages are those of the guest: overhead frames are counted by the host.
struct WorldVm {
  bool poweredOn = false;
  bool crashed = false;  // stopped, but its memory is still there
  bool blocked = false;
  std::array<std::uint64_t, kPagePlaces> pages{};      // by PagePlace
  std::array<std::uint64_t, kGuestUses> guestPages{};  // by GuestUse
  std::array<std::uint64_t, kEventKinds> events{};     // so far, by kind: at(kind)
  std::uint64_t largePages = 0;                        // private pages that are part of large pages
  std::uint64_t overheadFrames = 0;
  std::uint64_t zipStoreFrames = 0;
  std::uint64_t operations = 0;
  std::uint64_t phase = 0;
  std::uint64_t resultChecksum = 0;
  std::uint64_t targetPages = 0;         // as the allocation policy set it
  std::uint64_t activePages = 0;         // the estimate that its target was computed with
  std::uint64_t rhoMillionths = 0;       // shares per page
  std::uint64_t balloonTargetPages = 0;  // as the driver was told
  std::uint64_t reservationPages = 0;
  std::uint64_t limitPages = kNoLimit;
  std::uint64_t shares = 0;
  std::uint64_t balloonMaxPages = 0;
  std::uint64_t overheadMaxPages = 0;
  std::uint64_t publishedOverheadBytes = 0;
  std::uint64_t zipSlotBytes = 0;        // smallest slot of its compression cache, 0 = it has none
  std::uint64_t wantedBalloonPages = 0;  // as the memory scheduler wants it; the driver is told in steps
  std::uint64_t swapTargetPages = 0;     // to be shared, zipped or swapped
  bool balloonDriver = false;            // runs
  std::uint64_t sampleMillionths = 0;    // touched / sampled of the last period
  std::uint64_t slowMillionths = 0, fastMillionths = 0, nextMillionths = 0;
  std::uint64_t hintPages = 0;  // in the share table
  std::string crashText;
  std::string consoleLine;  // the last

  [[nodiscard]] std::uint64_t at(PagePlace place) const { return pages[static_cast<std::size_t>(place)]; }
  [[nodiscard]] std::uint64_t at(GuestUse use) const { return guestPages[static_cast<std::size_t>(use)]; }
  [[nodiscard]] std::uint64_t at(EventKind kind) const { return events[static_cast<std::size_t>(kind) - 1]; }
  friend bool operator==(const WorldVm&, const WorldVm&) = default;
};

// How much memory the VMs that are on may ask for: memory, or their limit if it is lower, and overhead.
struct RequestedPages {
  VirtualTime from;
  std::uint64_t pages = 0;
  friend bool operator==(const RequestedPages&, const RequestedPages&) = default;
};

struct WorldHost {
  std::array<std::uint64_t, kFrameUses> frames{};   // by FrameUse; their sum is the machine (the second law)
  std::array<std::uint64_t, kEventKinds> events{};  // so far, of all VMs and the host
  FreeState freeState = FreeState::High;
  std::uint64_t thresholdPages = 0;  // that was crossed when the free state last changed
  bool reclaiming = false;
  ReclaimReason reclaimReason = ReclaimReason::OutOfFrames;  // of the last reclaim
  std::array<std::uint64_t, kFreeStates> thresholds{};       // by FreeState, in pages; 0: there is no such state
  std::array<std::uint64_t, kOverheadUses> hostOverhead{};   // overhead frames of the host itself, by OverheadUse
  std::vector<RequestedPages> requested;                     // each change, in order

  [[nodiscard]] std::uint64_t at(FrameUse use) const { return frames[static_cast<std::size_t>(use)]; }
  [[nodiscard]] std::uint64_t at(EventKind kind) const { return events[static_cast<std::size_t>(kind) - 1]; }
  [[nodiscard]] std::uint64_t thresholdOf(FreeState state) const { return thresholds[static_cast<std::size_t>(state)]; }
  [[nodiscard]] std::uint64_t at(OverheadUse use) const { return hostOverhead[static_cast<std::size_t>(use) - 1]; }
  friend bool operator==(const WorldHost&, const WorldHost&) = default;
};

// The state of the whole run after some event: a pure function of the events so far. Everything that shows or judges a run looks
// at one, and the engine's audit runs one beside the machine.
//
// Always true: each page of each VM is in exactly one place, each frame has exactly one use, the two agree with one another, the pages
// of a large page are private and in consecutive frames, and the figures are the sums over pages and frames. An event that would break this is refused and changes nothing.
class WorldModel {
 public:
  explicit WorldModel(const TraceHeader& header);

  // The next event. Refused, with the event named, if its sequence number is not the next one or if it is impossible in this
  // state. With an undo log the event can be taken back.
  Result<void> apply(const Event& event);
  Result<void> apply(const Event& event, WorldUndo& undo);
  // Takes the last event of `undo` back; false if it has none. All events since were applied with the same log.
  bool undo(WorldUndo& undo);

  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }  // of the last event, 0 = none yet
  [[nodiscard]] VirtualTime hostTime() const { return hostTime_; }    // of the last event

  [[nodiscard]] std::size_t vms() const { return vms_.size(); }
  [[nodiscard]] const WorldVm& vm(VmId vm) const;
  [[nodiscard]] Pages memory(VmId vm) const;
  [[nodiscard]] const std::string& name(VmId vm) const;
  [[nodiscard]] WorldPage page(VmId vm, Gfn gfn) const;
  // The page in a slot of the VM's .vswp.
  [[nodiscard]] std::optional<Gfn> swapSlot(VmId vm, std::uint64_t slot) const;

  [[nodiscard]] const WorldHost& host() const { return host_; }
  [[nodiscard]] Pages hostMemory() const { return hostMemory_; }
  [[nodiscard]] WorldFrame frame(Mfn mfn) const;

  // As page() and frame(), in short.
  [[nodiscard]] PageCell pageCell(VmId vm, std::uint64_t gfn) const { return PageCell(vms_[vm.value()].pages.get(gfn)); }
  [[nodiscard]] FrameCell frameCell(std::uint64_t mfn) const { return FrameCell(frames_.get(mfn)); }

  // From now on it is kept which cells change; takeChanges() swaps what changed since it was last called for `last`.
  void follow() { following_ = true; }
  void takeChanges(WorldChanges& last) {
    last.clear();
    std::swap(changes_, last);
  }

  // All pages of a VM, visit(gfn, PageCell), and all frames, visit(mfn, FrameCell), in order: for pictures of all of them.
  template <typename Visit>
  void forEachPage(VmId vm, Visit visit) const {
    vms_[vm.value()].pages.forEachCell([&](std::uint64_t gfn, std::uint64_t raw) { visit(gfn, PageCell(raw)); });
  }
  template <typename Visit>
  void forEachFrame(Visit visit) const {
    frames_.forEachCell([&](std::uint64_t mfn, std::uint64_t raw) { visit(mfn, FrameCell(raw)); });
  }
  // All slots of a VM's .vswp, visit(slot, taken).
  template <typename Visit>
  void forEachSlot(VmId vm, Visit visit) const {
    vms_[vm.value()].slots.forEachCell([&](std::uint64_t slot, std::uint64_t holder) { visit(slot, holder != 0); });
  }

  // What a VM's pages come to that only a look at all of them tells.
  struct PageSums {
    std::map<std::uint32_t, std::uint64_t> sharedWith;  // its shared pages, by the number of references to their frames
    std::uint64_t zeroPages = 0;                        // of the shared ones, in frames that hold zeros only
    std::uint64_t zipSlotBytes = 0;                     // slots of its compressed pages
  };
  [[nodiscard]] PageSums pageSums(VmId vm) const;

  // Counts everything anew and compares: a check of this class, for tests and the audit.
  [[nodiscard]] Result<void> checkLaws() const;

  friend bool operator==(const WorldModel& a, const WorldModel& b);

 private:
  friend class WorldKeyframe;

  struct Vm {
    WorldVm figures;
    CellTable pages;
    CellTable slots;  // gfn + 1 of the page in each slot
    CellTable large;  // by gfn / 512: 1 where a large page is
    std::string name;
    std::uint64_t memory = 0;
    [[nodiscard]] bool isLarge(std::uint64_t gfn) const {
      return gfn / kLargePagePages < large.size() && large.get(gfn / kLargePagePages) != 0;
    }
    friend bool operator==(const Vm&, const Vm&) = default;
  };

  class Change;  // one event being applied
  Result<void> apply(const Event& event, WorldUndo* undo);
  void setPage(VmId vm, std::uint64_t gfn, PageCell cell);
  void setLarge(VmId vm, std::uint64_t first, std::uint64_t large);  // 1 or 0
  void mapLarge(VmId vm, std::uint64_t first, std::uint64_t mfn);
  void unmapLarge(VmId vm, std::uint64_t first, std::uint64_t mfn);
  void setFrame(std::uint64_t mfn, FrameCell cell);
  void setFigure(VmId vm, WorldFigure figure, std::uint64_t value);
  [[nodiscard]] std::uint64_t figure(VmId vm, WorldFigure figure) const;
  std::string& text(VmId vm, WorldText text);
  void count(EventKind kind, VmId vm, std::uint64_t step);
  [[nodiscard]] std::uint64_t requestedPages() const;

  std::uint64_t sequence_ = 0;
  VirtualTime hostTime_;
  WorldHost host_;
  Pages hostMemory_;
  CellTable frames_;
  std::vector<Vm> vms_;
  bool following_ = false;
  WorldChanges changes_;  // no part of the state
};

}  // namespace overcommit

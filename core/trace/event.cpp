// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event.h"

#include "base/error.h"

namespace overcommit {
namespace {

constexpr bool kVm = true, kGfn = true, kMfn = true, kText = true, kNo = false;
constexpr auto kIn = DigestCoverage::Covered;
constexpr auto kOut = DigestCoverage::NotCovered;

// clang-format off
constexpr std::array<EventInfo, kEventKinds> kTable{{
    {EventKind::PowerOn, "power-on", kVm, kNo, kNo, kText, {"memory_pages", "reservation_pages", "", ""}, kIn, "a VM was powered on"},
    {EventKind::PowerOff, "power-off", kVm, kNo, kNo, kText, {"operations", "", "", ""}, kIn,
     "a VM was powered off, by itself or by the scenario; its pages are discarded first"},
    {EventKind::Crash, "crash", kVm, kNo, kNo, kText, {"operations", "", "", ""}, kIn,
     "a VM was stopped because its guest crashed, hung or met a fault that cannot be served; the text says why"},
    {EventKind::FirstTouch, "first-touch", kVm, kGfn, kMfn, kNo, {"", "", "", ""}, kIn, "untouched -> private: a zeroed frame was given"},
    {EventKind::Share, "share", kVm, kGfn, kMfn, kNo, {"old_mfn", "references", "", ""}, kIn,
     "private -> shared: the page now maps mfn; old_mfn was freed (old_mfn = mfn: this frame became the shared one)"},
    {EventKind::Break, "break", kVm, kGfn, kMfn, kNo, {"shared_mfn", "references", "", ""}, kIn,
     "shared -> private: a write gave the page a copy of its own; references remain on shared_mfn"},
    {EventKind::Revert, "revert", kVm, kGfn, kMfn, kNo, {"", "", "", ""}, kIn, "shared -> private: the last sharer keeps the frame"},
    {EventKind::Inflate, "inflate", kVm, kGfn, kMfn, kNo, {"was_slot", "was_zipped", "", ""}, kIn,
     "-> ballooned: the balloon driver gave the page up (mfn: the frame that was freed, 0 = none; was_slot: slot + 1 if it was swapped; was_zipped: 1 if it was zipped)"},
    {EventKind::Deflate, "deflate", kVm, kGfn, kNo, kNo, {"", "", "", ""}, kIn, "ballooned -> untouched: the driver took the page back"},
    {EventKind::Pop, "pop", kVm, kGfn, kNo, kNo, {"", "", "", ""}, kIn, "ballooned -> untouched: the guest touched a ballooned page, or reset"},
    {EventKind::Zip, "zip", kVm, kGfn, kMfn, kNo, {"store_mfn", "store_offset", "compressed_bytes", ""}, kIn,
     "private -> zipped: the page was compressed into a slot (same-filled: into none, store_mfn and compressed_bytes are 0); mfn was freed"},
    {EventKind::Unzip, "unzip", kVm, kGfn, kMfn, kNo, {"store_mfn", "store_offset", "", ""}, kIn, "zipped -> private"},
    {EventKind::SwapOut, "swap-out", kVm, kGfn, kMfn, kNo, {"slot", "was_zipped", "", ""}, kIn,
     "private or zipped -> swapped: written to the VM's .vswp; mfn was freed (0, and was_zipped = 1, if it was zipped)"},
    {EventKind::SwapIn, "swap-in", kVm, kGfn, kMfn, kNo, {"slot", "", "", ""}, kIn, "swapped -> private: read back; the slot was freed"},
    {EventKind::Discard, "discard", kVm, kGfn, kMfn, kNo, {"was_slot", "was_zipped", "", ""}, kIn,
     "-> untouched: the VM went away (mfn: the frame that was freed, 0 = none; was_slot: slot + 1 if it was swapped; was_zipped: 1 if it was zipped)"},
    {EventKind::OverheadTake, "overhead-take", kVm, kNo, kMfn, kNo, {"use", "", "", ""}, kIn, "a free frame was taken for the hypervisor itself"},
    {EventKind::OverheadGive, "overhead-give", kVm, kNo, kMfn, kNo, {"", "", "", ""}, kIn, "an overhead frame was freed"},
    {EventKind::ZipStoreTake, "zip-store-take", kVm, kNo, kMfn, kNo, {"", "", "", ""}, kIn, "a free frame became a compression-cache frame"},
    {EventKind::ZipStoreGive, "zip-store-give", kVm, kNo, kMfn, kNo, {"", "", "", ""}, kIn, "a compression-cache frame was freed"},
    {EventKind::FreeStateChange, "free-state", kNo, kNo, kNo, kNo, {"state", "old_state", "free_pages", "threshold_pages"}, kIn,
     "the host's free-memory state changed"},
    {EventKind::TargetSet, "target", kVm, kNo, kNo, kNo, {"target_pages", "allocated_pages", "active_pages", "rho_millionths"}, kIn,
     "the allocation policy set a VM's target"},
    {EventKind::ReclaimStart, "reclaim-start", kVm, kGfn, kNo, kNo, {"reason", "free_pages", "wanted_pages", ""}, kIn,
     "the reclaimer began: for a page that this VM touches, or (no VM) for the host"},
    {EventKind::ReclaimEnd, "reclaim-end", kNo, kNo, kNo, kNo, {"reclaimed_pages", "free_pages", "", ""}, kIn, "the reclaimer ended"},
    {EventKind::VictimVm, "victim-vm", kVm, kNo, kNo, kNo, {"shares", "allocated_pages", "reservation_pages", "rho_millionths"}, kIn,
     "this VM pays: lowest shares per page among those above their reservation"},
    {EventKind::Refusal, "refusal", kVm, kGfn, kNo, kNo, {"reason", "", "", ""}, kIn, "a page or VM was considered and left alone, or the answer of a policy was refused"},
    {EventKind::Block, "block", kVm, kNo, kNo, kNo, {"allocated_pages", "target_pages", "", ""}, kIn, "the VM is not run until memory recovers"},
    {EventKind::Unblock, "unblock", kVm, kNo, kNo, kNo, {"", "", "", ""}, kIn, "the VM runs again"},
    {EventKind::Scan, "scan", kVm, kNo, kNo, kNo, {"pages", "earlier_hits", "", ""}, kIn,
     "page sharing looks at pages of this VM: at random ones, and what it shares and refuses names this event; or (with a cause) at those of a large page that was broken (earlier_hits: pages that scans of this VM have shared before)"},
    {EventKind::Sample, "sample", kVm, kNo, kNo, kNo, {"sampled_pages", "touched_pages", "estimate_pages", ""}, kIn, "a working-set period ended"},
    {EventKind::SettingChange, "setting", kVm, kNo, kNo, kText, {"", "", "", ""}, kIn, "the scenario or a person changed a setting"},
    {EventKind::GuestFrame, "guest-frame", kVm, kGfn, kNo, kNo, {"use", "subject", "", ""}, kOut, "the guest told what a frame is used for (oc_truth_kind)"},
    {EventKind::GuestSwappedOut, "guest-swapped-out", kVm, kNo, kNo, kNo, {"gva_page", "block", "", ""}, kOut,
     "the guest paged a page out to its own swap disk"},
    {EventKind::Operations, "operations", kVm, kNo, kNo, kNo, {"count", "", "", ""}, kOut, "operations completed so far, at the end of a quantum"},
    {EventKind::Phase, "phase", kVm, kNo, kNo, kNo, {"phase", "", "", ""}, kOut, "the program was sent on to its next phase"},
    {EventKind::ResultChecksum, "result", kVm, kNo, kNo, kNo, {"checksum", "operations", "", ""}, kIn, "the program reported a checksum of its results"},
    {EventKind::BalloonTarget, "balloon-target", kVm, kNo, kNo, kNo, {"target_pages", "size_pages", "", ""}, kIn, "the balloon driver was told a new target"},
    {EventKind::BalloonDriver, "balloon-driver", kVm, kNo, kNo, kNo, {"command", "status", "", ""}, kIn, "the balloon driver started, was reset, or identified itself"},
    {EventKind::Console, "console", kVm, kNo, kNo, kText, {"", "", "", ""}, kOut, "the guest printed a line"},
    {EventKind::Mark, "mark", kNo, kNo, kNo, kText, {"", "", "", ""}, kOut, "a mark of the scenario's author"},
    {EventKind::Fault, "fault", kVm, kNo, kNo, kText, {"", "", "", ""}, kIn, "the scenario made a device fail, or a device did"},
    {EventKind::LimitReached, "limit", kNo, kNo, kNo, kText, {"", "", "", ""}, kOut, "a limit of the scenario ended the run"},
    {EventKind::Expectation, "expectation", kNo, kNo, kNo, kText, {"holds", "", "", ""}, kOut, "an expectation was judged"},
    {EventKind::Content, "content", kVm, kGfn, kNo, kNo, {"class", "hash", "", ""}, kOut, "what a page holds, for displays"},
    {EventKind::LargeMap, "large-map", kVm, kGfn, kMfn, kNo, {"touched_gfn", "", "", ""}, kIn,
     "untouched -> private, 512 pages from gfn on: the guest touched touched_gfn, and a large page gave all of them zeroed frames, from mfn on"},
    {EventKind::LargeBreak, "large-break", kVm, kGfn, kNo, kNo, {"reason", "", "", ""}, kIn,
     "the large page that begins with gfn is mapped by pages of 4 KiB again; no page changes its place"},
    {EventKind::Threshold, "threshold", kNo, kNo, kNo, kNo, {"state", "pages", "", ""}, kOut,
     "the threshold of a free state is now so many free pages (0: this host has no such state)"},
    {EventKind::Allotment, "allotment", kVm, kNo, kNo, kNo, {"reservation_pages", "limit_pages", "shares", "balloon_max_pages"}, kOut,
     "what the administrator gives a VM now (limit_pages: 2^64 - 1 = none)"},
    {EventKind::OverheadFigures, "overhead", kVm, kNo, kNo, kNo, {"max_pages", "published_bytes", "slot_bytes", ""}, kOut,
     "the most overhead a VM can have, what VMware published for its size, and the smallest slot of its compression cache (0 = it has none)"},
    {EventKind::ReclaimTarget, "reclaim-target", kVm, kNo, kNo, kNo, {"balloon_pages", "swap_pages", "driver", ""}, kOut,
     "how large a VM's balloon is to be, how much is to be shared, zipped or swapped, and whether a balloon driver runs (1) or not (0)"},
    {EventKind::Active, "active", kVm, kNo, kNo, kNo, {"estimate_pages", "slow_millionths", "fast_millionths", "next_millionths"}, kOut,
     "the working-set estimate that the VM's target was computed with, and the averages it comes from"},
    {EventKind::Hints, "hints", kVm, kNo, kNo, kNo, {"pages", "", "", ""}, kOut, "so many pages of the VM have a hint in the share table"},
    {EventKind::ZeroFrame, "zero-frame", kNo, kNo, kMfn, kNo, {"", "", "", ""}, kOut, "the shared frame holds zeros only"},
    {EventKind::Balance, "balance", kNo, kNo, kNo, kNo, {"reason", "free_pages", "available_pages", "goal_pages"}, kIn,
     "targets were computed anew, and those that differ follow: available_pages for all VMs, so that goal_pages become free"},
    {EventKind::Change, "change", kNo, kNo, kNo, kText, {"", "", "", ""}, kOut,
     "a person changed something while the run was served; the text is the [[at]] that does the same in a scenario"},
    {EventKind::PolicyPrinted, "policy-printed", kNo, kNo, kNo, kText, {"policy", "", "", ""}, kOut,
     "a policy of the user's own printed a line (policy: 1 match, 2 victim, 3 zip, 4 free state, 5 targets, 6 walk)"},
    {EventKind::PolicyFailed, "policy-failed", kNo, kNo, kNo, kText, {"policy", "", "", ""}, kOut,
     "a policy of the user's own crashed, hung or broke the protocol, and what is built in decides from now on; the text says how"},
    {EventKind::TimeRun, "time-run", kVm, kNo, kNo, kNo, {"run_ns", "idle_ns", "reclaim_ns", "blocked_ns"}, kOut,
     "of the VM's time since it was powered on: its own work, waiting of its own accord, waiting for memory to be reclaimed, not allowed to run"},
    {EventKind::TimeFaults, "time-faults", kVm, kNo, kNo, kNo, {"first_touch_ns", "break_ns", "unzip_ns", "swap_in_ns"}, kOut,
     "of the VM's time since it was powered on: nested faults"},
    {EventKind::TimeDisks, "time-disks", kVm, kNo, kNo, kNo, {"disk_queue_ns", "guest_disk_ns", "guest_paging_ns", ""}, kOut,
     "of the VM's time since it was powered on: behind others at a disk, its image disk's own time, its swap disk's own time"},
    {EventKind::Latency, "latency", kVm, kNo, kNo, kNo, {"p50_ns", "p95_ns", "p99_ns", ""}, kOut,
     "of the VM's operations since it was powered on 50, 95 and 99 % took no longer"},
    {EventKind::PolicyAnswer, "policy-answer", kNo, kNo, kNo, kText, {"", "", "", ""}, kOut,
     "what the answer of a policy was that was refused, and what it may be; of the first 100 of a run"},
}};
// clang-format on

constexpr bool inOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i + 1) return false;
  }
  return true;
}
static_assert(inOrder(), "the table has one entry a kind, in the order of EventKind");

}  // namespace

std::span<const EventInfo, kEventKinds> eventTable() { return kTable; }

const EventInfo& infoOf(EventKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  invariant(index >= 1 && index <= kTable.size(), "an event kind is one of the table");
  return kTable[index - 1];
}

std::string_view nameOf(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::RecentlyFaulted: return "recently faulted";
    case RefusalReason::PageTable: return "guest page table";
    case RefusalReason::Reservation: return "at its reservation";
    case RefusalReason::NoSwapSpace: return "no swap space";
    case RefusalReason::DiskError: return "disk error";
    case RefusalReason::NotPrivate: return "not in a private frame";
    case RefusalReason::HashMiss: return "no page with this hash";
    case RefusalReason::HintChanged: return "the hinted page has changed";
    case RefusalReason::FalseMatch: return "same hash, other bytes";
    case RefusalReason::DoesNotFit: return "does not compress enough";
    case RefusalReason::CacheFull: return "compression cache full";
    case RefusalReason::NoDriver: return "no balloon driver";
    case RefusalReason::SaltDiffers: return "salt differs";
    case RefusalReason::Ballooned: return "ballooned";
    case RefusalReason::ByPolicy: return "the policy wants it so";
    case RefusalReason::WrongMatch: return "wrong answer about a match";
    case RefusalReason::WrongVictim: return "wrong answer about a victim";
    case RefusalReason::WrongZip: return "wrong answer about compressing";
    case RefusalReason::WrongEviction: return "wrong answer about an eviction";
    case RefusalReason::WrongFreeState: return "wrong answer about the free state";
    case RefusalReason::WrongTargets: return "wrong answer about targets";
    case RefusalReason::GateLocked: return "the gate is locked";
  }
  return "unknown";
}

std::string_view nameOf(FreeState state) {
  switch (state) {
    case FreeState::High: return "high";
    case FreeState::Clear: return "clear";
    case FreeState::Soft: return "soft";
    case FreeState::Hard: return "hard";
    case FreeState::Low: return "low";
  }
  return "unknown";
}

std::string_view nameOf(OverheadUse use) {
  switch (use) {
    case OverheadUse::NestedPageTable: return "nested page table";
    case OverheadUse::ShareTable: return "share table";
    case OverheadUse::Console: return "service console";
    case OverheadUse::Other: return "other";
  }
  return "unknown";
}

std::string_view nameOf(BalanceReason reason) {
  switch (reason) {
    case BalanceReason::PowerOn: return "power-on";
    case BalanceReason::Setting: return "setting";
    case BalanceReason::FreeState: return "free state";
    case BalanceReason::FreeMemory: return "free memory";
    case BalanceReason::Period: return "period";
  }
  return "unknown";
}

std::string_view nameOf(ReclaimReason reason) {
  switch (reason) {
    case ReclaimReason::OutOfFrames: return "out of frames";
    case ReclaimReason::FreeState: return "free state";
    case ReclaimReason::Limit: return "limit";
    case ReclaimReason::Target: return "target";
  }
  return "unknown";
}

std::string_view nameOf(LargeBreakReason reason) {
  switch (reason) {
    case LargeBreakReason::Victim: return "a page is taken";
    case LargeBreakReason::Pressure: return "pressure";
    case LargeBreakReason::Balloon: return "balloon";
    case LargeBreakReason::Gone: return "the VM goes away";
  }
  return "unknown";
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace overcommit {

// Everything that can be said about a run, one kind a line, in the table of event.cpp: name, meaning, which fields it carries and
// whether the run digest covers it. Numbers are part of the file format: append, never renumber.
enum class EventKind : std::uint8_t {
  // The life of a VM
  PowerOn = 1,
  PowerOff,
  Crash,
  // Transitions of a guest page (design: untouched, private, shared, ballooned, zipped, swapped)
  FirstTouch,
  Share,
  Break,
  Revert,
  Inflate,
  Deflate,
  Pop,
  Zip,
  Unzip,
  SwapOut,
  SwapIn,
  Discard,
  // Transitions of a machine frame that belongs to no guest page
  OverheadTake,
  OverheadGive,
  ZipStoreTake,
  ZipStoreGive,
  // Decisions with their inputs
  FreeStateChange,
  TargetSet,
  ReclaimStart,
  ReclaimEnd,
  VictimVm,
  Refusal,
  Block,
  Unblock,
  Scan,
  Sample,
  SettingChange,
  // The guest
  GuestFrame,
  GuestSwappedOut,
  Operations,
  Phase,
  ResultChecksum,
  BalloonTarget,
  BalloonDriver,
  Console,
  // The run
  Mark,
  Fault,
  LimitReached,
  Expectation,
  // Content class and hash of a page, for displays
  Content,
  // 512 guest pages at once
  LargeMap,
  LargeBreak,
  // Figures of the memory scheduler for displays (docs/reference/counters.md): recorded at the end of a quantum that changed them
  Threshold,
  Allotment,
  OverheadFigures,
  ReclaimTarget,
  Active,
  Hints,
  // A shared frame holds zeros only
  ZeroFrame,
  // Why targets were computed
  Balance,
  // What a person asked for while the run was served
  Change,
  // What a policy that was handed in printed, and how it failed
  PolicyPrinted,
  PolicyFailed,
  // A VM's time account and how long its operations took, for displays: recorded now and then
  TimeRun,
  TimeFaults,
  TimeDisks,
  Latency,
  // What an answer was that was refused
  PolicyAnswer,
};
inline constexpr std::uint8_t kEventKinds = static_cast<std::uint8_t>(EventKind::PolicyAnswer);
// Its place in a table with an entry for every kind.
constexpr std::size_t indexOf(EventKind kind) { return static_cast<std::size_t>(kind) - 1; }

inline constexpr std::size_t kEventValues = 4;

// limit_pages of Allotment: no limit.
inline constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

// One event. Fields that its kind does not carry are zero (vm: kNoVm).
struct Event {
  std::uint64_t sequence = 0;  // 1, 2, 3, …: the order of everything; 0 = not recorded yet
  VirtualTime hostTime;        // start of the quantum; never decreases
  VirtualTime vmTime;          // the VM's own clock, or hostTime for events of the host
  EventKind kind = EventKind::Mark;
  VmId vm;
  Gfn gfn;
  Mfn mfn;
  std::uint64_t cause = 0;  // sequence number of the event that led to this one; 0 = the guest itself or the scenario
  std::array<std::uint64_t, kEventValues> values{};
  std::string text;  // UTF-8, at most kEventTextMax bytes

  friend bool operator==(const Event&, const Event&) = default;
};
inline constexpr std::size_t kEventTextMax = 1024;

// What a kind carries.
enum class DigestCoverage : std::uint8_t { Covered, NotCovered };
struct EventInfo {
  EventKind kind;
  std::string_view name;  // as printed and as given to filters: "first-touch"
  bool hasVm, hasGfn, hasMfn, hasText;
  std::array<std::string_view, kEventValues> values;  // name of each value, "" = not carried; a unit stands in the name: "free_pages"
  DigestCoverage digest;
  std::string_view meaning;
};

// The table, in the order of EventKind, one entry for every kind.
std::span<const EventInfo, kEventKinds> eventTable();
const EventInfo& infoOf(EventKind kind);

// The reason field (values[0]) of Refusal: why a page or VM was not reclaimed or shared, or which policy's answer was not followed.
enum class RefusalReason : std::uint8_t {
  RecentlyFaulted = 1,  // one of the last pages this VM faulted
  PageTable,            // lies in the guest's page-table pool
  Reservation,          // the VM is at its reservation
  NoSwapSpace,          // its .vswp has no free slot
  DiskError,            // its .vswp cannot be written
  NotPrivate,           // the page is not in a private frame
  HashMiss,
  HintChanged,
  FalseMatch,
  DoesNotFit,  // does not compress to half a page
  CacheFull,
  NoDriver,  // no balloon driver is running
  SaltDiffers,
  Ballooned,
  ByPolicy,  // the policy that was asked wants it so
  // Answers of policies that cannot be used: the built-in policy's counted instead.
  WrongMatch,
  WrongVictim,
  WrongZip,
  WrongEviction,
  WrongFreeState,
  WrongTargets,
  GateLocked,  // the host's GateSwap is 0
};
std::string_view nameOf(RefusalReason reason);

// values[0] of FreeStateChange and of world models.
enum class FreeState : std::uint8_t { High, Clear, Soft, Hard, Low };
inline constexpr std::size_t kFreeStates = 5;
std::string_view nameOf(FreeState state);

// values[0] of OverheadTake: what a frame of the hypervisor's own is used for.
enum class OverheadUse : std::uint8_t { NestedPageTable = 1, ShareTable, Console, Other };
inline constexpr std::size_t kOverheadUses = 4;
std::string_view nameOf(OverheadUse use);

// values[0] of ReclaimStart: what made the reclaimer run.
enum class ReclaimReason : std::uint8_t { OutOfFrames = 1, FreeState, Limit, Target };
std::string_view nameOf(ReclaimReason reason);

// values[0] of LargeBreak: why a large page is mapped by 4 KiB again.
enum class LargeBreakReason : std::uint8_t {
  Victim = 1,  // one of its pages is to be shared, compressed or swapped
  Pressure,    // the host wants pages that can be shared: free memory is below the high threshold (ESXi 6)
  Balloon,     // one of its pages goes into the balloon
  Gone,        // the VM goes away
};
std::string_view nameOf(LargeBreakReason reason);

// values[0] of Balance: what made the memory scheduler compute the targets anew.
enum class BalanceReason : std::uint8_t {
  PowerOn = 1,
  Setting,
  FreeState,
  FreeMemory,  // much of it was taken or given back since the last time
  Period,      // the balance period is over
};
std::string_view nameOf(BalanceReason reason);

}  // namespace overcommit

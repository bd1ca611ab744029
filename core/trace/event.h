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
};
inline constexpr std::uint8_t kEventKinds = static_cast<std::uint8_t>(EventKind::Content);
// Its place in a table with an entry for every kind.
constexpr std::size_t indexOf(EventKind kind) { return static_cast<std::size_t>(kind) - 1; }

inline constexpr std::size_t kEventValues = 4;

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
};
std::string_view nameOf(RefusalReason reason);

// values[0] of FreeStateChange and of world models.
enum class FreeState : std::uint8_t { High, Clear, Soft, Hard, Low };
std::string_view nameOf(FreeState state);

// values[0] of OverheadTake: what a frame of the hypervisor's own is used for.
enum class OverheadUse : std::uint8_t { NestedPageTable = 1, ShareTable, Console, Other };
std::string_view nameOf(OverheadUse use);

// values[0] of ReclaimStart: what made the reclaimer run.
enum class ReclaimReason : std::uint8_t { OutOfFrames = 1, FreeState, Limit, Target };
std::string_view nameOf(ReclaimReason reason);

}  // namespace overcommit

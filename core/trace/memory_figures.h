// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "trace/saving_split.h"
#include "trace/world.h"

namespace overcommit {

// Everything that counters are computed from, as plain numbers of one instant: taken from the world of a trace, or by the engine from
// itself. In pages or frames unless the name says otherwise.
struct VmFigures {
  bool on = false;
  std::uint64_t memory = 0;
  std::array<std::uint64_t, kPagePlaces> pages{};  // by PagePlace
  std::uint64_t zipFrames = 0;                     // of its compression cache
  std::uint64_t overhead = 0, overheadMax = 0;
  std::uint64_t publishedOverheadBytes = 0;
  std::uint64_t target = 0;
  std::uint64_t active = 0;  // the estimate that the target was computed with
  std::uint64_t sampleMillionths = 0, slowMillionths = 0, fastMillionths = 0, nextMillionths = 0;
  std::uint64_t reservation = 0, limit = kNoLimit, shares = 0;
  bool balloonDriver = false;
  std::uint64_t balloonTarget = 0, balloonMax = 0;
  std::uint64_t swapTarget = 0;
  std::uint64_t hints = 0;
  std::uint64_t zips = 0, unzips = 0, swapIns = 0, swapOuts = 0;  // so far
  // Only with FigureDepth::EachPage:
  std::uint64_t savedMillionths = 0;  // by page sharing
  std::uint64_t zero = 0;
  std::uint64_t zipSlotBytes = 0;  // in use

  [[nodiscard]] std::uint64_t at(PagePlace place) const { return pages[static_cast<std::size_t>(place)]; }
  friend bool operator==(const VmFigures&, const VmFigures&) = default;
};

struct MemoryFigures {
  VirtualTime time;
  std::uint64_t memory = 0;
  std::array<std::uint64_t, kFrameUses> frames{};  // by FrameUse
  std::uint64_t console = 0, kernel = 0;           // overhead that belongs to no VM: the service console's, and all other
  FreeState state = FreeState::High;
  std::array<std::uint64_t, kFreeStates> thresholds{};  // by FreeState; 0: there is no such state
  std::array<std::uint64_t, 3> overcommitMillionths{};  // over 1, 5 and 15 minutes
  std::vector<VmFigures> vms;                           // by VmId; off: only `memory` and what the administrator gave it are set

  [[nodiscard]] std::uint64_t at(FrameUse use) const { return frames[static_cast<std::size_t>(use)]; }
  [[nodiscard]] std::uint64_t thresholdOf(FreeState of) const { return thresholds[static_cast<std::size_t>(of)]; }
  // What the hypervisor manages: all but the service console's.
  [[nodiscard]] std::uint64_t managed() const { return memory - console; }
  friend bool operator==(const MemoryFigures&, const MemoryFigures&) = default;
};

// Sums need no look at single pages; what sharing saves, and what compressed pages take, does: 0 without it.
enum class FigureDepth : std::uint8_t { Sums, EachPage };

// The world as it is at `now`, which is not before its last event. Figures that no host can have are cut, so that sums of them hold.
MemoryFigures figuresOf(const WorldModel& world, VirtualTime now, std::uint64_t timeScale, FigureDepth depth);

// What the VMs asked for, over what there is, less one, on average over the last `minutes` (of the time that time_scale shortens), or
// since the start; never below 0. In millionths, rounded to the nearest.
std::uint64_t overcommitAverage(std::span<const RequestedPages> requested, std::uint64_t managed, VirtualTime now, std::uint64_t minutes,
                                std::uint64_t timeScale);
inline constexpr std::array<std::uint64_t, 3> kOvercommitMinutes{1, 5, 15};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "trace/event.h"

namespace overcommit {

// The single numbers of the world model that events set; those that are sums over pages and frames follow from these.
enum class WorldFigure : std::uint8_t {
  // of a VM
  PoweredOn,
  Crashed,
  Blocked,
  Operations,
  Phase,
  ResultChecksum,
  TargetPages,
  ActivePages,
  RhoMillionths,
  BalloonTargetPages,
  ReservationPages,
  LimitPages,
  Shares,
  BalloonMaxPages,
  OverheadMaxPages,
  PublishedOverheadBytes,
  ZipSlotBytes,
  WantedBalloonPages,
  SwapTargetPages,
  BalloonDriver,
  SampleMillionths,
  SlowMillionths,
  FastMillionths,
  NextMillionths,
  HintPages,
  // of the host
  HostTime,
  FreeState,
  ThresholdPages,
  Reclaiming,
  ReclaimReason,
  HighThreshold,  // in the order of FreeState
  ClearThreshold,
  SoftThreshold,
  HardThreshold,
  LowThreshold,
};
inline constexpr std::size_t kVmFigures = static_cast<std::size_t>(WorldFigure::HostTime);
inline constexpr std::size_t kWorldFigures = static_cast<std::size_t>(WorldFigure::LowThreshold) + 1;
enum class WorldText : std::uint8_t { CrashText, ConsoleLine };

// What a world model needs to take events back, newest first: for each event the old value of everything that it changed.
// About 48 bytes an event. When more than `limit` events are held, the oldest are forgotten, so that at least `limit` and at most
// twice as many can be taken back.
class WorldUndo {
 public:
  explicit WorldUndo(std::size_t limit = 1'000'000) : limit_(limit) {}

  [[nodiscard]] std::size_t events() const { return older_.events + newer_.events; }
  void clear();

 private:
  friend class WorldModel;

  enum class What : std::uint8_t { Event, Page, Frame, Figure, Text, LargeMap, LargeBreak, Requested };
  struct Change {
    What what;
    std::uint8_t which;  // Event: kind; Figure: WorldFigure; Text: WorldText
    VmId vm;
    std::uint32_t index;  // Page, LargeMap, LargeBreak: gfn; Frame: mfn
    std::uint64_t old;    // LargeMap: the first mfn, for before it pages and frames were free; Text, LargeBreak, Requested: unused
  };
  static_assert(sizeof(Change) == 16);
  struct Segment {
    std::vector<Change> changes;
    std::vector<std::string> texts;
    std::size_t events = 0;
  };

  void begin(EventKind kind, VmId vm);
  void save(Change change) { newer_.changes.push_back(change); }
  void saveText(VmId vm, WorldText which, const std::string& old);
  // The segment that holds the newest event, or nullptr.
  Segment* newest();

  std::size_t limit_;
  Segment older_, newer_;
};

}  // namespace overcommit

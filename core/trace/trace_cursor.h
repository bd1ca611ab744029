// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "trace/trace_reader.h"
#include "trace/world.h"

namespace overcommit {

// A place in a trace and the world there. Moves by steps in both directions, and by jumps to a time or an event.
// A step back takes the event back; where the undo log ends the cursor goes to a keyframe before and replays up to here.
// The reader must outlive the cursor and stay where it is; after its refresh() the cursor sees the new events too.
class TraceCursor {
 public:
  explicit TraceCursor(const TraceReader& reader, std::size_t undoEvents = 500'000);

  [[nodiscard]] const WorldModel& world() const { return world_; }
  // Keeps from now on which cells of the world change.
  void follow();
  void takeChanges(WorldChanges& last) { world_.takeChanges(last); }
  [[nodiscard]] std::uint64_t sequence() const { return world_.sequence(); }  // of the last event applied; 0 = before the first
  // The last event that was applied by a step or jump forwards; an empty one after a step back (TraceReader::event has them all).
  [[nodiscard]] const Event& lastEvent() const { return last_; }

  // One event; false at the end or the beginning.
  Result<bool> stepForward();
  Result<bool> stepBack();

  // To the world after event `sequence` (0: before all; beyond the end: the end).
  Result<void> seekSequence(std::uint64_t sequence);
  // To the world at `time`: after the last event of its quantum.
  Result<void> seekTime(VirtualTime time);

 private:
  Result<void> loadBefore(std::uint64_t sequence);

  const TraceReader* reader_;
  WorldModel world_;
  WorldUndo undo_;
  bool following_ = false;
  EventStream stream_;
  std::uint64_t streamAt_ = 0;  // the event that stream_ gave last
  Event last_;
};

}  // namespace overcommit

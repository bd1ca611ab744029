// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/event_search.h"

#include <algorithm>

namespace overcommit::gui {

EventSearch::EventSearch(const TraceReader& reader, std::uint64_t from, Direction direction, Wanted wanted)
    : reader_(&reader),
      direction_(direction),
      wanted_(std::move(wanted)),
      from_(from),
      next_(direction == Direction::Forwards ? from + 1 : std::max<std::uint64_t>(from, 1) - 1) {}

Result<EventSearch::Progress> EventSearch::goOn() {
  const auto blocks = reader_->blocks();
  // The event block that holds next_.
  const BlockEntry* block = nullptr;
  for (std::size_t low = 0, high = blocks.size(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    // A keyframe's events end before those of the block behind it begin.
    const std::uint64_t end = blocks[middle].kind == BlockKind::Events ? blocks[middle].endSequence() : blocks[middle].firstSequence + 1;
    if (end <= next_) {
      low = middle + 1;
    } else {
      if (blocks[middle].kind == BlockKind::Events) block = &blocks[middle];
      high = middle;
    }
  }
  if (next_ == 0 || block == nullptr || next_ > reader_->lastSequence()) return Progress::Exhausted;
  const bool forwards = direction_ == Direction::Forwards;
  const std::uint64_t first = forwards ? next_ : block->firstSequence;
  const std::uint64_t last = forwards ? block->endSequence() - 1 : next_;
  Event event;
  EventStream stream = reader_->events(first);
  std::uint64_t match = 0;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    const auto got = stream.next(event);
    if (!got) return tl::unexpected(got.error());
    if (!*got) break;
    if (!wanted_(event)) continue;
    match = event.sequence;
    if (forwards) break;
  }
  if (match != 0) {
    found_ = match;
    return Progress::Found;
  }
  next_ = forwards ? last + 1 : first - 1;
  return Progress::Searching;
}

}  // namespace overcommit::gui

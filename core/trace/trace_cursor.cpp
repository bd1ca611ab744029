// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_cursor.h"

#include <algorithm>

#include "trace/world_keyframe.h"

namespace overcommit {
namespace {

// So many events are played rather than a keyframe read that lies between, which places every page of every VM anew: while a run plays, no
// picture is late because a keyframe comes by.
constexpr std::uint64_t kShortWay = 20'000;

// The last keyframe that holds no more than event `sequence`, or nullptr.
const BlockEntry* keyframeUpTo(const TraceReader& reader, std::uint64_t sequence) {
  const auto blocks = reader.blocks();
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (block->kind == BlockKind::Keyframe && block->firstSequence <= sequence) return &*block;
  }
  return nullptr;
}

}  // namespace

TraceCursor::TraceCursor(const TraceReader& reader, std::size_t undoEvents)
    : reader_(&reader), world_(reader.header()), undo_(undoEvents), stream_(reader.events()) {}

void TraceCursor::follow() {
  following_ = true;
  world_.follow();
}

Result<bool> TraceCursor::stepForward() {
  if (streamAt_ != world_.sequence()) {
    stream_ = reader_->events(world_.sequence() + 1);
    streamAt_ = world_.sequence();
  }
  auto found = stream_.next(last_);
  if (!found || !*found) return found;
  ++streamAt_;
  if (auto applied = world_.apply(last_, undo_); !applied) {
    streamAt_ = 0;
    return failure("cannot play {}: {}", reader_->name(), applied.error().text);
  }
  return true;
}

Result<bool> TraceCursor::stepBack() {
  if (world_.sequence() == 0) return false;
  last_ = Event();
  if (world_.undo(undo_)) return true;
  const std::uint64_t wanted = world_.sequence() - 1;
  if (auto loaded = loadBefore(wanted); !loaded) return tl::unexpected(loaded.error());
  if (auto there = seekSequence(wanted); !there) return tl::unexpected(there.error());
  last_ = Event();
  return true;
}

// To the keyframe before `sequence`, or to the beginning. One that holds exactly `sequence` would leave nothing to take back.
Result<void> TraceCursor::loadBefore(std::uint64_t sequence) {
  undo_.clear();
  streamAt_ = 0;
  const BlockEntry* keyframe = sequence == 0 ? nullptr : keyframeUpTo(*reader_, sequence - 1);
  if (keyframe == nullptr) {
    world_ = WorldModel(reader_->header());
    if (following_) world_.follow();
    stream_ = reader_->events();
    return {};
  }
  const auto payload = reader_->payload(*keyframe);
  if (!payload) return tl::unexpected(payload.error());
  auto world = decodeKeyframe(*payload, reader_->header());
  if (!world) return failure("cannot read {} at byte {}: {}", reader_->name(), keyframe->offset, world.error().text);
  if (world->sequence() != keyframe->firstSequence)
    return failure("cannot read {} at byte {}: the keyframe is of another event", reader_->name(), keyframe->offset);
  world_ = std::move(*world);
  if (following_) world_.follow();
  return {};
}

Result<void> TraceCursor::seekSequence(std::uint64_t sequence) {
  const std::uint64_t wanted = std::min(sequence, reader_->lastSequence());
  if (wanted < world_.sequence()) {
    last_ = Event();
    const BlockEntry* keyframe = keyframeUpTo(*reader_, wanted);
    const std::uint64_t from = keyframe == nullptr ? 0 : keyframe->firstSequence;
    const std::uint64_t back = world_.sequence() - wanted;
    if (back <= undo_.events() && back <= wanted - from) {
      while (world_.sequence() > wanted) world_.undo(undo_);
      return {};
    }
    if (auto loaded = loadBefore(wanted); !loaded) return loaded;
  } else if (const BlockEntry* keyframe = wanted - world_.sequence() <= kShortWay ? nullptr : keyframeUpTo(*reader_, wanted - 1);
             keyframe != nullptr && keyframe->firstSequence > world_.sequence()) {
    if (auto loaded = loadBefore(wanted); !loaded) return loaded;
  }
  while (world_.sequence() < wanted) {
    const auto stepped = stepForward();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) break;
  }
  return {};
}

Result<void> TraceCursor::seekTime(VirtualTime time) {
  const auto sequence = reader_->lastSequenceAt(time);
  if (!sequence) return tl::unexpected(sequence.error());
  return seekSequence(*sequence);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/quantum_index.h"

#include <algorithm>

namespace overcommit::gui {

Result<std::uint64_t> QuantumIndex::lastSequenceAt(VirtualTime time) {
  const auto blocks = reader_->blocks();
  // Keyframes have the time of the event before them, so that all blocks are in order.
  auto later = std::partition_point(blocks.begin(), blocks.end(), [time](const BlockEntry& block) { return block.firstTime <= time; });
  while (later != blocks.begin() && (later - 1)->kind != BlockKind::Events) --later;
  if (later == blocks.begin()) return 0;
  const BlockEntry& block = *(later - 1);
  if (block.lastTime <= time) return block.endSequence() - 1;
  if (block_ != block.firstSequence) {
    if (auto looked = lookInto(block); !looked) return tl::unexpected(looked.error());
  }
  const auto after = std::partition_point(quanta_.begin(), quanta_.end(), [time](const Quantum& quantum) { return quantum.time <= time; });
  return after == quanta_.begin() ? block.firstSequence - 1 : (after - 1)->last;
}

Result<void> QuantumIndex::lookInto(const BlockEntry& block) {
  block_ = 0;
  quanta_.clear();
  Event event;
  EventStream stream = reader_->events(block.firstSequence);
  for (std::uint32_t i = 0; i < block.events; ++i) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found) break;
    if (quanta_.empty() || quanta_.back().time != event.hostTime) quanta_.push_back({event.hostTime, event.sequence});
    quanta_.back().last = event.sequence;
  }
  block_ = block.firstSequence;
  return {};
}

}  // namespace overcommit::gui

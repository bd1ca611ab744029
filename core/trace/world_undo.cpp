// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/world_undo.h"

#include <utility>

namespace overcommit {

void WorldUndo::clear() {
  older_ = Segment();
  newer_ = Segment();
}

void WorldUndo::begin(EventKind kind, VmId vm) {
  if (newer_.events >= limit_) {
    std::swap(older_, newer_);
    newer_.changes.clear();
    newer_.texts.clear();
    newer_.events = 0;
  }
  ++newer_.events;
  save({What::Event, static_cast<std::uint8_t>(kind), vm, 0, 0});
}

void WorldUndo::saveText(VmId vm, WorldText which, const std::string& old) {
  newer_.texts.push_back(old);
  save({What::Text, static_cast<std::uint8_t>(which), vm, 0, 0});
}

WorldUndo::Segment* WorldUndo::newest() {
  if (newer_.events == 0) std::swap(older_, newer_);
  return newer_.events == 0 ? nullptr : &newer_;
}

}  // namespace overcommit

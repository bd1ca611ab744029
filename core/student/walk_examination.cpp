// SPDX-License-Identifier: GPL-2.0-or-later
#include "student/walk_examination.h"

#include <cstring>

namespace overcommit {

std::optional<WalkAnswered> askWalk(PolicyProcess& walker, const policy::WalkQuestion& question, const WalkReader& read) {
  WalkAnswered answered;
  walker.onRead = [&](policy::Space space, std::uint64_t address) {
    ++(space == policy::Space::Machine ? answered.machineReads : answered.guestReads);
    return read(space, address);
  };
  std::memcpy(walker.buffer() + policy::kQuestionsAt, &question, sizeof question);
  const bool fine =
      walker.ask(policy::RequestKind::Walk, 1, 0, false, std::as_writable_bytes(std::span(&answered.answer, 1)), sizeof answered.answer);
  walker.onRead = nullptr;
  return fine ? std::optional(answered) : std::nullopt;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_log.h"

#include "base/error.h"

namespace overcommit {
namespace {

// The covered part of an event in one fixed layout, so that the digest does not depend on padding or byte order of a struct.
struct Covered {
  std::array<std::uint64_t, 6 + kEventValues> words;
};

}  // namespace

void EventLog::setHostTime(VirtualTime time) {
  invariant(time >= hostTime_, "the host's time never goes back");
  hostTime_ = time;
}

std::uint64_t EventLog::record(Event event) {
  event.sequence = next_++;
  event.hostTime = hostTime_;
  if (infoOf(event.kind).digest == DigestCoverage::Covered) {
    const Covered covered{{(std::uint64_t{static_cast<std::uint8_t>(event.kind)} << 32) | event.vm.value(), event.hostTime.value(),
                           event.vmTime.value(), event.gfn.value(), event.mfn.value(), event.text.size(), event.values[0], event.values[1],
                           event.values[2], event.values[3]}};
    digest_.add(std::as_bytes(std::span(covered.words)));
    if (!event.text.empty()) digest_.add(std::as_bytes(std::span(event.text)));
  }
  for (EventListener* listener : listeners_) listener->onEvent(event);
  return event.sequence;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "trace/event.h"

namespace overcommit {

// Who wants to hear of every event as it happens: the trace writer, the audit, a live view.
class EventListener {
 public:
  virtual ~EventListener() = default;
  virtual void onEvent(const Event& event) = 0;
};

// Where the engine's parts say what happened. Numbers the events, keeps the run digest, and passes each event on.
// The digest is XXH3-128 over the covered events in order; sequence numbers and causes are not part of it, because events
// that are not covered are numbered too.
class EventLog {
 public:
  // Listeners hear events in the order they were added; they must outlive the log or be removed by ending the run.
  void addListener(EventListener& listener) { listeners_.push_back(&listener); }

  // The quantum that following events belong to; never decreases.
  void setHostTime(VirtualTime time);
  [[nodiscard]] VirtualTime hostTime() const { return hostTime_; }

  // Fills in sequence and hostTime, and returns the sequence number, to be used as the cause of what follows.
  std::uint64_t record(Event event);

  [[nodiscard]] std::uint64_t recorded() const { return next_ - 1; }
  [[nodiscard]] Digest digest() const { return digest_.digest(); }

 private:
  std::vector<EventListener*> listeners_;
  VirtualTime hostTime_;
  std::uint64_t next_ = 1;
  DigestStream digest_;
};

}  // namespace overcommit

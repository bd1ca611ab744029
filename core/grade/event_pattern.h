// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "scenario/key_reader.h"
#include "trace/event.h"
#include "trace/trace_reader.h"

namespace overcommit {

// Which events of a trace a check is about.
struct EventPattern {
  struct Condition {
    std::size_t value = 0;  // index into Event::values
    std::uint64_t least = 0, most = 0;
  };
  // An event of the same page that comes after it.
  struct Follower {
    EventKind kind = EventKind::Mark;
    std::vector<Condition> where;
    VirtualTime within;  // of host time
  };
  EventKind kind = EventKind::Mark;
  std::string vm;  // "" = any
  std::vector<Condition> where;
  std::optional<VirtualTime> from, to;  // host time, both included
  std::vector<FreeState> whileState;    // none: always
  std::optional<Follower> follower;     // nothing: whatever follows

  [[nodiscard]] std::string words() const;  // "free-state with state soft"
};

// Reads event, vm and where, and, if the table has them, from, to, while and followed_by.
std::optional<EventPattern> readEventPattern(const KeyReader& keys, SourcePosition position, Mistakes& mistakes);

// A field of an event in words: the name of a state or reason, else the number. "time" and "vm" are fields too.
std::optional<std::size_t> fieldIndex(EventKind kind, std::string_view field);
std::string fieldWord(EventKind kind, std::size_t field, std::uint64_t value);

// Goes through a trace once, and keeps for each event what patterns ask for; what follows an event is for forMatchingEvents().
class EventMatcher {
 public:
  static Result<EventMatcher> create(const TraceReader& reader, const EventPattern& pattern);
  // Shown every event of the trace, in order.
  bool matches(const Event& event);

 private:
  explicit EventMatcher(const EventPattern& pattern) : pattern_(&pattern) {}
  const EventPattern* pattern_;
  std::optional<VmId> vm_;
  FreeState state_ = FreeState::High;
};

// Calls visit for every event of the trace.
Result<void> forAllEvents(const TraceReader& reader, const std::function<void(const Event&)>& visit);
// The same for those that fit the pattern: in their order, or, if something has to follow, in the order in which it did.
Result<void> forMatchingEvents(const TraceReader& reader, const EventPattern& pattern, const std::function<void(const Event&)>& visit);

}  // namespace overcommit

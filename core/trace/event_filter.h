// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "trace/event.h"
#include "trace/trace_reader.h"

namespace overcommit {

// Which events are wanted: all that have everything that is set here.
struct EventFilter {
  std::bitset<kEventKinds> kinds;  // none set = all; see want()
  std::optional<VmId> vm;
  std::optional<Gfn> gfn;
  std::optional<Mfn> mfn;                                 // as the event's frame, or as one that it names besides, e.g. shared_mfn
  std::optional<VirtualTime> fromTime, toTime;            // host time, both included
  std::optional<std::uint64_t> fromSequence, toSequence;  // both included
  std::optional<std::uint64_t> limit;                     // events at most

  void want(EventKind kind) { kinds.set(static_cast<std::size_t>(kind) - 1); }
  [[nodiscard]] bool matches(const Event& event) const;
};

// The kind of this name, or an error that names the one probably meant.
Result<EventKind> eventKindNamed(std::string_view name);
// The VM of this name.
Result<VmId> vmNamed(const TraceHeader& header, std::string_view name);

// Calls visit for each event that matches, in order, until it returns false or the limit is reached. Returns how many matched.
Result<std::uint64_t> forEachEvent(const TraceReader& reader, const EventFilter& filter, const std::function<bool(const Event&)>& visit);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "trace/trace_reader.h"

namespace overcommit {

enum class Search : std::uint8_t { GoOn, Enough };

// Visits the events up to `sequence` that `wanted` picks, newest first, block by block from the end: until `visit` has enough, or, if
// given, for so many blocks.
Result<void> visitBackwards(const TraceReader& reader, std::uint64_t sequence, const std::function<bool(const Event&)>& wanted,
                            const std::function<Search(const Event&)>& visit, std::optional<std::size_t> blocks = std::nullopt);

// The last event up to `sequence` that `wanted` picks.
Result<std::optional<Event>> findBackwards(const TraceReader& reader, std::uint64_t sequence,
                                           const std::function<bool(const Event&)>& wanted);

// What is known of a page's past.
struct PageLife {
  std::optional<Event> arrived;  // the event that brought it where it is
  std::optional<Event> before;   // if that brought it back from somewhere: the event that had brought it there
  std::vector<Event> refusals;   // of the page since then, newest first
};
Result<PageLife> lifeOf(const TraceReader& reader, VmId vm, Gfn gfn, std::uint64_t sequence);

// An event and what led to it, and so on: at most kLongestChain, for the trace may be anything.
inline constexpr std::size_t kLongestChain = 24;
Result<std::vector<Event>> causesBack(const TraceReader& reader, const Event& event);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {

enum class Direction : std::uint8_t { Forwards, Backwards };

// Looks for the next event that is wanted, from an event on in either direction, a block at a time, so that the window stays alive while
// a long trace is searched.
class EventSearch {
 public:
  using Wanted = std::function<bool(const Event&)>;
  // Begins beside event `from`: what comes after it, or before it. The reader must outlive the search and stay where it is.
  EventSearch(const TraceReader& reader, std::uint64_t from, Direction direction, Wanted wanted);

  enum class Progress : std::uint8_t { Searching, Found, Exhausted };
  // One block further.
  Result<Progress> goOn();
  [[nodiscard]] std::uint64_t found() const { return found_; }
  [[nodiscard]] Direction direction() const { return direction_; }

 private:
  const TraceReader* reader_;
  Direction direction_;
  Wanted wanted_;
  std::uint64_t from_;
  std::uint64_t next_;  // forwards: the first event not looked at; backwards: the last one
  std::uint64_t found_ = 0;
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "serve/request.h"
#include "trace/event_filter.h"
#include "trace/event_log.h"
#include "trace/trace_header.h"

namespace overcommit {

// When an `advance` is to stop: whatever comes first of what is given. It always stops between two quanta, so that what was waited for may
// lie some events back.
struct StopConditions {
  std::optional<VirtualTime> time;
  std::optional<std::uint64_t> quanta;
  std::optional<std::uint64_t> events;
  std::optional<EventFilter> event;
  std::optional<EventFilter> page;  // of anything that changes it
  bool anyState = false;
  std::optional<FreeState> state;
};
// `until` of a request.
Answer<StopConditions> readStopConditions(const ReceivedJson& until, const TraceHeader& header);

// Watches the events of a run for what it is to stop at. Add it to the log once; arm() it for each `advance`.
class StopWatch final : public EventListener {
 public:
  void arm(const StopConditions& conditions, std::uint64_t sequence);
  void disarm() { armed_ = false; }
  void onEvent(const Event& event) override;
  void onQuantum() { ++quanta_; }

  // The condition that is met, by its name in `until`; with the event that met it, if it was one.
  struct Met {
    std::string_view reason;
    std::optional<Event> event;
  };
  [[nodiscard]] std::optional<Met> met(VirtualTime now) const;
  // Not to be run beyond.
  [[nodiscard]] std::optional<VirtualTime> time() const { return conditions_.time; }

 private:
  [[nodiscard]] bool concernsPage(const Event& event) const;
  [[nodiscard]] std::string_view reasonOf(const Event& event) const;  // "": none

  bool armed_ = false;
  StopConditions conditions_;
  std::uint64_t from_ = 0;  // the last event before it was armed
  std::uint64_t last_ = 0;
  std::uint64_t quanta_ = 0;
  std::optional<Met> met_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <vector>

#include "host/metrics.h"
#include "serve/params.h"
#include "trace/event_filter.h"
#include "trace/event_log.h"

namespace overcommit {

// What a client wants to be told as it happens: events, or metrics at intervals of virtual time.
class Subscriptions final : public EventListener {
 public:
  explicit Subscriptions(TraceHeader header) : header_(std::move(header)) {}

  // Returns the subscription's number. `host`: for the names of metrics.
  Answer<std::uint64_t> add(Params& params, const Host& host);
  bool remove(std::uint64_t subscription);

  void onEvent(const Event& event) override;
  // Between quanta: reads the metrics that are due.
  void onQuantum(const Host& host);
  // The notifications that there are since the last call.
  std::vector<Json> take();

  // Events of a subscription in one notification; of what comes faster the rest is only counted.
  static constexpr std::size_t kMostEvents = 1000;

 private:
  struct OfEvents {
    EventFilter filter;
    std::vector<Event> events;
    std::uint64_t leftOut = 0;
  };
  struct OfMetrics {
    std::vector<std::pair<std::string, MetricRef>> metrics;
    VirtualTime every, due;
  };
  TraceHeader header_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, OfEvents> events_;
  std::map<std::uint64_t, OfMetrics> metrics_;
  std::vector<Json> told_;  // of metrics
};

}  // namespace overcommit

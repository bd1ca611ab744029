// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "trace/event_log.h"
#include "trace/world.h"

namespace overcommit {

// Follows a run as a reader of its trace would. An event that the world refuses is kept in error(), and the world stays where it is.
class WorldListener final : public EventListener {
 public:
  explicit WorldListener(const TraceHeader& header) : world_(header) {}
  void onEvent(const Event& event) override {
    if (error_) return;
    if (const auto applied = world_.apply(event); !applied) error_ = applied.error();
  }
  [[nodiscard]] const WorldModel& world() const { return world_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  WorldModel world_;
  std::optional<Error> error_;
};

}  // namespace overcommit

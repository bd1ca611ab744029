// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>

#include "trace/trace_writer.h"

namespace overcommit {

// A trace that somebody reads while it is written: its open block is closed once it is 16 ms old, so that a reader's picture is never
// older. Which bytes the file has depends on the wall clock thereby; the events, and the digest, do not.
class LiveTrace final : public EventListener {
 public:
  static Result<std::unique_ptr<LiveTrace>> create(const std::filesystem::path& path, const TraceHeader& header);

  void onEvent(const Event& event) override;
  void flush();
  [[nodiscard]] TraceWriter& writer() { return *writer_; }

  static constexpr std::chrono::milliseconds kLongestOpen{16};

 private:
  using Clock = std::chrono::steady_clock;
  explicit LiveTrace(std::unique_ptr<TraceWriter> writer) : writer_(std::move(writer)), flushed_(Clock::now()) {}

  std::unique_ptr<TraceWriter> writer_;
  Clock::time_point flushed_;
  unsigned sinceLook_ = 0;  // events since the clock was looked at
};

}  // namespace overcommit

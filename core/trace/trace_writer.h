// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "trace/event_codec.h"
#include "trace/event_log.h"
#include "trace/trace_block.h"
#include "trace/trace_header.h"
#include "trace/trace_output.h"
#include "trace/world.h"

namespace overcommit {

// How often a writer closes a block and writes a keyframe. Smaller blocks compress worse.
struct TraceWriterOptions {
  std::uint32_t blockEvents = 16'384;
  std::size_t blockBytes = 1u << 20;
  std::uint64_t keyframeEvents = 125'000;  // a seek replays as many at most
};

// Writes every event of a run to a trace. Add it to the EventLog before the first event.
// Writing never disturbs the run: a failure is remembered in error(), and nothing more is written; what is there up to then can
// be read. The world model is kept up to date for the keyframes; should an event be impossible in it, the events go on and the
// keyframes stop.
class TraceWriter final : public EventListener {
 public:
  static Result<std::unique_ptr<TraceWriter>> create(const std::filesystem::path& path, const TraceHeader& header,
                                                     TraceWriterOptions options = {});
  static Result<std::unique_ptr<TraceWriter>> create(std::unique_ptr<TraceOutput> output, const TraceHeader& header,
                                                     TraceWriterOptions options = {});

  ~TraceWriter() override { flush(); }
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  void onEvent(const Event& event) override;

  // Closes the open block, so that readers see all events so far.
  void flush();
  // Closes the open block and writes the index and the trailer. Without it the trace is readable but says that it is incomplete.
  void finish(Digest digest);

  // What went wrong first, if something did.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] std::uint64_t bytesWritten() const { return offset_; }

 private:
  TraceWriter(std::unique_ptr<TraceOutput> output, const TraceHeader& header, TraceWriterOptions options);
  void writeBlock(const BlockHead& head, std::span<const std::byte> payload);
  void writeKeyframe();
  bool append(std::span<const std::byte> bytes);

  std::unique_ptr<TraceOutput> output_;
  TraceWriterOptions options_;
  WorldModel world_;
  bool worldHolds_ = true;
  EventBlockEncoder encoder_;
  std::vector<BlockEntry> index_;
  std::uint64_t offset_ = 0;
  std::uint64_t lastSequence_ = 0;
  VirtualTime lastTime_;
  std::uint64_t events_ = 0;
  std::uint64_t sinceKeyframe_ = 0;
  bool finished_ = false;
  std::optional<Error> error_;
};

}  // namespace overcommit

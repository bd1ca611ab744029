// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/legal_events.h"
#include "trace/trace_writer.h"

namespace overcommit::test {

inline constexpr TraceWriterOptions kSmallTraceBlocks{64, 1u << 20, 400};

// A trace file of random legal events, and the events themselves. Blocks and keyframes are small, so that seeking crosses many.
class RecordedTrace {
 public:
  explicit RecordedTrace(std::size_t count = 2000, std::uint64_t seed = 11, const TraceHeader& header = smallHeader()) : header_(header) {
    LegalEvents source(header, seed);
    for (std::size_t i = 0; i < count; ++i) events_.push_back(source.next());
    header_.duration = VirtualTime(events_.back().hostTime.value() / 1'000'000 * 1'000'000) + milliseconds(2);
    write(path(), true);
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_.filePath(QStringLiteral("run.octrace")).toStdString(); }
  [[nodiscard]] QString file(const QString& name) const { return folder_.filePath(name); }
  [[nodiscard]] const TraceHeader& header() const { return header_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }

  // The world after so many events, by replay from the start.
  [[nodiscard]] WorldModel worldAfter(std::uint64_t sequence) const {
    WorldModel world(header_);
    for (std::uint64_t i = 0; i < sequence; ++i) {
      const auto applied = world.apply(events_[static_cast<std::size_t>(i)]);
      invariant(applied.has_value(), "recorded events are legal");
    }
    return world;
  }
  // The last event whose host time is at most `time`.
  [[nodiscard]] std::uint64_t lastAt(VirtualTime time) const {
    std::uint64_t last = 0;
    for (const Event& event : events_) {
      if (event.hostTime <= time) last = event.sequence;
    }
    return last;
  }

  // The first `count` events as a file of their own; without its end if it is not finished.
  void write(const std::filesystem::path& path, bool finished, std::size_t count = ~std::size_t{0}) const {
    auto writer = TraceWriter::create(path, header_, kSmallTraceBlocks);
    invariant(writer.has_value(), "a trace can be written to a temporary folder");
    for (std::size_t i = 0; i < std::min(count, events_.size()); ++i) (*writer)->onEvent(events_[i]);
    if (finished) (*writer)->finish(Digest{1, 2});
  }

 private:
  QTemporaryDir folder_;
  TraceHeader header_;
  std::vector<Event> events_;
};

}  // namespace overcommit::test

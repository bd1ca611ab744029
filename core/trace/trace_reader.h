// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "trace/event.h"
#include "trace/event_codec.h"
#include "trace/trace_block.h"
#include "trace/trace_header.h"
#include "trace/trace_source.h"

namespace overcommit {

// How a trace ends.
enum class TraceEnd : std::uint8_t {
  Complete,    // with index and trailer: the run ended well
  Unfinished,  // after a whole block, or within one: the run goes on, or its writer died
  Damaged,     // something stands where a block should be; what is before it can be read
};

class EventStream;

// A trace file, of which only the index is kept in memory. All bytes are checked before they are believed; whatever the file
// holds, the answer is events or an error that says what is wrong where. Reading does not change the reader, so several threads
// may read at once; refresh() is the exception.
class TraceReader {
 public:
  static Result<TraceReader> open(const std::filesystem::path& path);
  // `bytes` must outlive the reader.
  static Result<TraceReader> openBytes(std::span<const std::byte> bytes);
  static Result<TraceReader> open(std::unique_ptr<TraceSource> source);

  [[nodiscard]] const std::string& name() const { return source_->name(); }
  [[nodiscard]] const TraceHeader& header() const { return header_; }
  [[nodiscard]] std::uint32_t formatVersion() const { return formatVersion_; }

  // Looks for blocks that were written since. Returns how many were found.
  Result<std::size_t> refresh();

  [[nodiscard]] TraceEnd end() const { return end_; }
  // One sentence about an end that is not Complete: where the trace ends, why, and what to do.
  [[nodiscard]] std::string endText() const;
  // The run's digest, once complete.
  [[nodiscard]] std::optional<Digest> digest() const;

  [[nodiscard]] std::uint64_t firstSequence() const;  // 0 = no events
  [[nodiscard]] std::uint64_t lastSequence() const;   // 0 = no events
  [[nodiscard]] VirtualTime lastTime() const;
  // Whether the trace tells of this instant; the error names its end.
  [[nodiscard]] Result<void> checkReaches(VirtualTime time) const;
  [[nodiscard]] std::uint64_t bytes() const { return offset_; }            // of the file, as far as it is understood
  [[nodiscard]] std::uint64_t headerBytes() const { return firstBlock_; }  // of those: before the first block
  // Event blocks and keyframes in the order of the file.
  [[nodiscard]] std::span<const BlockEntry> blocks() const { return blocks_; }

  // A block's payload, checked and decompressed.
  [[nodiscard]] Result<std::vector<std::byte>> payload(const BlockEntry& block) const;

  // Events from `sequence` on, to the last one known when the stream gets there. The reader must outlive the stream and stay where
  // it is.
  [[nodiscard]] EventStream events(std::uint64_t sequence = 1) const;
  [[nodiscard]] Result<Event> event(std::uint64_t sequence) const;
  // The last event with a host time of at most `time`; 0 = none.
  [[nodiscard]] Result<std::uint64_t> lastSequenceAt(VirtualTime time) const;

 private:
  explicit TraceReader(std::unique_ptr<TraceSource> source) : source_(std::move(source)) {}
  [[nodiscard]] Result<std::vector<std::byte>> readBytes(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] Error errorAt(std::uint64_t offset, const Error& error) const;
  Result<void> readHeader();
  bool readIndex(std::uint64_t fileSize);
  Result<std::size_t> scan(std::uint64_t fileSize);
  void add(const BlockEntry& block);
  friend class EventStream;

  std::unique_ptr<TraceSource> source_;
  TraceHeader header_;
  std::uint32_t formatVersion_ = 0;
  std::vector<BlockEntry> blocks_;
  std::vector<std::size_t> eventBlocks_;  // places in blocks_
  std::uint64_t firstBlock_ = 0;          // where the first block is or will be
  std::uint64_t offset_ = 0;              // behind the last block
  std::uint64_t fileSize_ = 0;
  TraceEnd end_ = TraceEnd::Unfinished;
  std::string damage_;
  std::optional<TraceTrailer> trailer_;
};

// Walks through a trace event by event. At the end of a trace that grows, next() says false and may say true later.
class EventStream {
 public:
  EventStream(const TraceReader& reader, std::uint64_t sequence) : reader_(&reader), next_(sequence) {}
  EventStream(EventStream&&) = default;
  EventStream& operator=(EventStream&&) = default;
  EventStream(const EventStream&) = delete;  // the decoder points into the payload
  EventStream& operator=(const EventStream&) = delete;

  // The next event into `event`; false at the end.
  Result<bool> next(Event& event);

 private:
  Result<bool> openBlock();

  const TraceReader* reader_;
  std::uint64_t next_;
  std::uint64_t blockOffset_ = 0;
  std::vector<std::byte> payload_;  // of the open block
  std::optional<EventBlockDecoder> decoder_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_writer.h"

#include "trace/world_keyframe.h"

namespace overcommit {

TraceWriter::TraceWriter(std::unique_ptr<TraceOutput> output, const TraceHeader& header, TraceWriterOptions options)
    : output_(std::move(output)), options_(options), world_(header) {
  invariant(options.blockEvents > 0 && options.blockEvents <= kMaxBlockEvents, "a block of the trace has a possible size");
}

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(const std::filesystem::path& path, const TraceHeader& header,
                                                         TraceWriterOptions options) {
  auto output = FileTraceOutput::create(path);
  if (!output) return tl::unexpected(output.error());
  return create(std::move(*output), header, options);
}

Result<std::unique_ptr<TraceWriter>> TraceWriter::create(std::unique_ptr<TraceOutput> output, const TraceHeader& header,
                                                         TraceWriterOptions options) {
  const std::vector<std::byte> bytes = encodeTraceHeader(header);
  // A header that no reader would accept is better refused now than when the run is over.
  if (auto readable = decodeTraceHeader(bytes); !readable) return failure("cannot write a trace of this run: {}", readable.error().text);
  if (bytes.size() > kMaxHeaderBytes) return failure("cannot write a trace of this run: its scenario is too long");
  std::unique_ptr<TraceWriter> writer(new TraceWriter(std::move(output), header, options));
  writer->append(encodeTracePrefix({kTraceFormatVersion, static_cast<std::uint32_t>(bytes.size()), hash64(bytes)}));
  writer->append(bytes);
  if (writer->error_) return tl::unexpected(*writer->error_);
  return writer;
}

void TraceWriter::onEvent(const Event& event) {
  if (error_ || finished_) return;
  encoder_.add(event);
  lastSequence_ = event.sequence;
  lastTime_ = event.hostTime;
  ++events_;
  ++sinceKeyframe_;
  if (worldHolds_) worldHolds_ = world_.apply(event).has_value();
  if (encoder_.events() >= options_.blockEvents || encoder_.bytes() >= options_.blockBytes) flush();
  if (sinceKeyframe_ >= options_.keyframeEvents) {
    flush();
    writeKeyframe();
  }
}

void TraceWriter::flush() {
  if (error_ || encoder_.events() == 0) return;
  BlockHead head;
  head.kind = BlockKind::Events;
  head.events = encoder_.events();
  head.firstSequence = encoder_.firstSequence();
  head.firstTime = encoder_.firstTime();
  head.lastTime = encoder_.lastTime();
  writeBlock(head, encoder_.finish());
}

void TraceWriter::writeKeyframe() {
  sinceKeyframe_ = 0;
  if (error_ || !worldHolds_) return;
  BlockHead head;
  head.kind = BlockKind::Keyframe;
  head.firstSequence = lastSequence_;
  head.firstTime = head.lastTime = lastTime_;
  writeBlock(head, encodeKeyframe(world_));
}

void TraceWriter::finish(Digest digest) {
  if (finished_) return;
  flush();
  finished_ = true;
  if (error_) return;
  BlockHead head;
  head.kind = BlockKind::Index;
  head.firstSequence = lastSequence_;
  head.firstTime = head.lastTime = lastTime_;
  const std::uint64_t indexOffset = offset_;
  if (!append(encodeBlock(head, encodeIndex(index_)))) return;
  append(encodeTrailer({indexOffset, events_, lastTime_, digest}));
}

void TraceWriter::writeBlock(const BlockHead& head, std::span<const std::byte> payload) {
  const std::vector<std::byte> block = encodeBlock(head, payload);
  BlockEntry entry(head, offset_);
  entry.storedBytes = static_cast<std::uint32_t>(block.size() - kBlockHeadBytes);
  if (append(block)) index_.push_back(entry);
}

bool TraceWriter::append(std::span<const std::byte> bytes) {
  if (error_) return false;
  if (auto written = output_->append(bytes); !written) {
    error_ = Error{written.error().text + (events_ == 0 ? "" : "; the run goes on, its trace ends here")};
    return false;
  }
  offset_ += bytes.size();
  return true;
}

}  // namespace overcommit

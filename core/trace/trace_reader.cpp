// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace overcommit {

Result<TraceReader> TraceReader::open(const std::filesystem::path& path) {
  auto source = FileTraceSource::open(path);
  if (!source) return tl::unexpected(source.error());
  return open(std::move(*source));
}

Result<TraceReader> TraceReader::openBytes(std::span<const std::byte> bytes) { return open(std::make_unique<MemoryTraceSource>(bytes)); }

Result<TraceReader> TraceReader::open(std::unique_ptr<TraceSource> source) {
  TraceReader reader(std::move(source));
  if (auto header = reader.readHeader(); !header) return tl::unexpected(header.error());
  if (auto blocks = reader.refresh(); !blocks) return tl::unexpected(blocks.error());
  return reader;
}

Result<std::vector<std::byte>> TraceReader::readBytes(std::uint64_t offset, std::uint64_t size) const {
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (auto read = source_->read(offset, bytes); !read) return tl::unexpected(read.error());
  return bytes;
}

Error TraceReader::errorAt(std::uint64_t offset, const Error& error) const {
  return Error{fmt::format("cannot read {} at byte {}: {}", name(), offset, error.text)};
}

Result<void> TraceReader::readHeader() {
  const auto size = source_->size();
  if (!size) return tl::unexpected(size.error());
  const auto prefixBytes = readBytes(0, std::min<std::uint64_t>(*size, kTracePrefixBytes));
  if (!prefixBytes) return tl::unexpected(prefixBytes.error());
  const auto prefix = decodeTracePrefix(*prefixBytes);
  if (!prefix) return failure("cannot read {}: {}", name(), prefix.error().text);
  if (prefix->headerBytes > *size - kTracePrefixBytes) {
    return failure("cannot read {}: it ends within its header; the run that wrote it must be repeated", name());
  }
  const auto bytes = readBytes(kTracePrefixBytes, prefix->headerBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (hash64(*bytes) != prefix->headerChecksum) {
    return failure("cannot read {}: its header is damaged (the checksum does not match); take another copy of it", name());
  }
  auto header = decodeTraceHeader(*bytes);
  if (!header) return failure("cannot read {}: {}", name(), header.error().text);
  header_ = std::move(*header);
  formatVersion_ = prefix->version;
  firstBlock_ = offset_ = kTracePrefixBytes + prefix->headerBytes;
  return {};
}

Result<std::size_t> TraceReader::refresh() {
  if (end_ != TraceEnd::Unfinished) return 0;
  const auto size = source_->size();
  if (!size) return tl::unexpected(size.error());
  if (*size < offset_)
    return failure("cannot go on reading {}: it has become shorter, so another run is writing to it; open it again", name());
  const std::size_t before = blocks_.size();
  fileSize_ = *size;
  if (blocks_.empty() && readIndex(*size)) return blocks_.size();
  if (auto scanned = scan(*size); !scanned) return tl::unexpected(scanned.error());
  return blocks_.size() - before;
}

void TraceReader::add(const BlockEntry& block) {
  if (block.kind == BlockKind::Events) eventBlocks_.push_back(blocks_.size());
  blocks_.push_back(block);
  offset_ = block.end();
}

// The short way into a complete trace. If anything about it is wrong the long way will find out.
bool TraceReader::readIndex(std::uint64_t fileSize) {
  if (fileSize < offset_ + kTrailerBytes) return false;
  const auto trailerBytes = readBytes(fileSize - kTrailerBytes, kTrailerBytes);
  if (!trailerBytes) return false;
  const auto trailer = decodeTrailer(*trailerBytes);
  const std::uint64_t indexEnd = fileSize - kTrailerBytes;
  if (!trailer || trailer->indexOffset < offset_ || trailer->indexOffset > indexEnd) return false;
  const auto block = readBytes(trailer->indexOffset, indexEnd - trailer->indexOffset);
  if (!block) return false;
  const auto head = decodeBlockHead(std::span(*block).first(std::min(block->size(), kBlockHeadBytes)));
  if (!head || head->kind != BlockKind::Index || !checkBlock(*head, *block)) return false;
  const auto raw = blockPayload(*head, *block);
  if (!raw) return false;
  const auto index = decodeIndex(*raw, offset_, trailer->indexOffset);
  if (!index) return false;
  for (const BlockEntry& entry : *index) add(entry);
  offset_ = fileSize;
  trailer_ = *trailer;
  end_ = TraceEnd::Complete;
  return true;
}

// The long way: block by block, as far as whole ones go.
Result<std::size_t> TraceReader::scan(std::uint64_t fileSize) {
  const auto damaged = [this](const Error& error) {
    end_ = TraceEnd::Damaged;
    damage_ = error.text;
    return std::size_t{0};
  };
  while (fileSize - offset_ >= kBlockHeadBytes) {
    const auto headBytes = readBytes(offset_, kBlockHeadBytes);
    if (!headBytes) return tl::unexpected(headBytes.error());
    const auto head = decodeBlockHead(*headBytes);
    if (!head) return damaged(head.error());
    const BlockEntry entry(*head, offset_);
    if (entry.end() > fileSize) break;
    const auto block = readBytes(offset_, entry.end() - offset_);
    if (!block) return tl::unexpected(block.error());
    if (auto whole = checkBlock(*head, *block); !whole) return damaged(whole.error());
    if (head->kind == BlockKind::Index) {
      if (fileSize - entry.end() < kTrailerBytes) break;
      const auto trailerBytes = readBytes(entry.end(), kTrailerBytes);
      if (!trailerBytes) return tl::unexpected(trailerBytes.error());
      const auto trailer = decodeTrailer(*trailerBytes);
      if (!trailer) return damaged(trailer.error());
      if (fileSize - entry.end() > kTrailerBytes) return damaged(Error{"something follows the end of the trace"});
      trailer_ = *trailer;
      offset_ = fileSize;
      end_ = TraceEnd::Complete;
      return 0;
    }
    const std::uint64_t endSequence = lastSequence() == 0 ? 0 : lastSequence() + 1;
    if (auto follows = checkFollows(entry, endSequence, lastTime()); !follows) return damaged(follows.error());
    add(entry);
  }
  return 0;
}

std::string TraceReader::endText() const {
  const std::string upTo =
      lastSequence() == 0 ? "it has no events yet" : fmt::format("its last event is #{} at {}", lastSequence(), formatTime(lastTime()));
  switch (end_) {
    case TraceEnd::Complete: return fmt::format("{} is complete: {}", name(), upTo);
    case TraceEnd::Unfinished:
      if (fileSize_ > offset_) {
        return fmt::format("{} ends within a block at byte {} ({} bytes of it are there): {}; the run is going on, or it was stopped",
                           name(), offset_, fileSize_ - offset_, upTo);
      }
      return fmt::format("{} has no end: {}; the run is going on, or it was stopped", name(), upTo);
    case TraceEnd::Damaged:
      return fmt::format("{} is damaged at byte {}: {}; {}, and what follows cannot be read; take another copy, or repeat the run", name(),
                         offset_, damage_, upTo);
  }
  return {};
}

std::optional<Digest> TraceReader::digest() const { return trailer_ ? std::optional(trailer_->digest) : std::nullopt; }

std::uint64_t TraceReader::firstSequence() const { return eventBlocks_.empty() ? 0 : blocks_[eventBlocks_.front()].firstSequence; }
std::uint64_t TraceReader::lastSequence() const { return eventBlocks_.empty() ? 0 : blocks_[eventBlocks_.back()].endSequence() - 1; }
VirtualTime TraceReader::lastTime() const { return eventBlocks_.empty() ? VirtualTime() : blocks_[eventBlocks_.back()].lastTime; }

Result<void> TraceReader::checkReaches(VirtualTime time) const {
  // After the last event of a run that ended well nothing happened any more.
  const VirtualTime end = end_ == TraceEnd::Complete ? std::max(lastTime(), header_.duration) : lastTime();
  if (time <= end) return {};
  return end_ == TraceEnd::Complete ? failure("{} is beyond the end of the trace, which is at {}", formatTime(time), formatTime(end))
                                    : failure("{} is beyond the end of the trace: {}", formatTime(time), endText());
}

Result<std::vector<std::byte>> TraceReader::payload(const BlockEntry& block) const {
  const auto bytes = readBytes(block.offset, block.end() - block.offset);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto head = decodeBlockHead(std::span(*bytes).first(std::min(bytes->size(), kBlockHeadBytes)));
  if (!head) return tl::unexpected(errorAt(block.offset, head.error()));
  if (auto whole = checkBlock(*head, *bytes); !whole) return tl::unexpected(errorAt(block.offset, whole.error()));
  if (BlockEntry(*head, block.offset) != block)
    return tl::unexpected(errorAt(block.offset, Error{"the block is not the one of the index"}));
  auto raw = blockPayload(*head, *bytes);
  if (!raw) return tl::unexpected(errorAt(block.offset, raw.error()));
  return raw;
}

EventStream TraceReader::events(std::uint64_t sequence) const { return {*this, std::max<std::uint64_t>(sequence, 1)}; }

Result<Event> TraceReader::event(std::uint64_t sequence) const {
  if (sequence < firstSequence() || sequence > lastSequence() || sequence == 0) {
    return failure("{} has no event #{}; its events are #{} to #{}", name(), sequence, firstSequence(), lastSequence());
  }
  Event event;
  EventStream stream = events(sequence);
  if (auto found = stream.next(event); !found) return tl::unexpected(found.error());
  return event;
}

Result<std::uint64_t> TraceReader::lastSequenceAt(VirtualTime time) const {
  // The last block that begins by then; only its own events can be the last.
  const auto later = std::upper_bound(eventBlocks_.begin(), eventBlocks_.end(), time,
                                      [this](VirtualTime t, std::size_t block) { return t < blocks_[block].firstTime; });
  if (later == eventBlocks_.begin()) return 0;
  const BlockEntry& block = blocks_[*(later - 1)];
  if (block.lastTime <= time) return block.endSequence() - 1;
  std::uint64_t last = block.firstSequence - 1;
  Event event;
  EventStream stream = events(block.firstSequence);
  for (;;) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found || event.hostTime > time) return last;
    last = event.sequence;
  }
}

Result<bool> EventStream::openBlock() {
  const auto& order = reader_->eventBlocks_;
  const auto& blocks = reader_->blocks_;
  const auto holds = std::partition_point(order.begin(), order.end(), [&](std::size_t b) { return blocks[b].endSequence() <= next_; });
  if (holds == order.end()) return false;
  const BlockEntry& block = blocks[*holds];
  auto payload = reader_->payload(block);
  if (!payload) return tl::unexpected(payload.error());
  payload_ = std::move(*payload);
  blockOffset_ = block.offset;
  auto decoder = EventBlockDecoder::open(payload_, block.events, block.firstSequence, block.firstTime);
  if (!decoder) return tl::unexpected(reader_->errorAt(blockOffset_, decoder.error()));
  decoder_ = std::move(*decoder);
  return true;
}

Result<bool> EventStream::next(Event& event) {
  for (;;) {
    if (!decoder_) {
      auto opened = openBlock();
      if (!opened || !*opened) return opened;
    }
    const auto found = decoder_->next(event);
    if (!found) return tl::unexpected(reader_->errorAt(blockOffset_, found.error()));
    if (!*found) {
      decoder_.reset();
      continue;
    }
    if (event.sequence < next_) continue;
    next_ = event.sequence + 1;
    return true;
  }
}

}  // namespace overcommit

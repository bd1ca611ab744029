// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_block.h"

#include <lz4.h>

#include "trace/byte_stream.h"
#include "trace/event_codec.h"
#include "trace/trace_header.h"

namespace overcommit {
namespace {

constexpr std::size_t kBlockChecked = 16;    // offset of what a block's checksum covers
constexpr std::size_t kTrailerChecked = 16;  // likewise for the trailer
constexpr std::uint32_t kMaxBlockBytes = 1u << 30;
constexpr std::uint64_t kMaxLz4Ratio = 255;  // LZ4 cannot do better, so a head that claims more lies

const char* chars(const std::byte* bytes) { return reinterpret_cast<const char*>(bytes); }
char* chars(std::byte* bytes) { return reinterpret_cast<char*>(bytes); }

}  // namespace

std::vector<std::byte> encodeTracePrefix(const TracePrefix& prefix) {
  ByteWriter out;
  out.u64(kTraceMagic);
  out.u32(prefix.version);
  out.u32(prefix.headerBytes);
  out.u64(prefix.headerChecksum);
  return out.take();
}

Result<TracePrefix> decodeTracePrefix(std::span<const std::byte> bytes) {
  if (bytes.empty()) return failure("the file is empty");
  ByteReader in(bytes);
  const std::uint64_t magic = in.u64();
  if (in.failed() || magic != kTraceMagic) return failure("it is not an Overcommit trace: it does not begin with \"OCTRACE\"");
  TracePrefix prefix;
  prefix.version = in.u32();
  prefix.headerBytes = in.u32();
  prefix.headerChecksum = in.u64();
  if (in.failed()) return failure("it ends within its first {} bytes; the run that wrote it must be repeated", kTracePrefixBytes);
  if (prefix.version != kTraceFormatVersion) {
    return failure("it has format version {}, and this program reads {} only; read it with the version that wrote it", prefix.version,
                   kTraceFormatVersion);
  }
  if (prefix.headerBytes > kMaxHeaderBytes) return failure("its header claims {} bytes, more than a trace can have", prefix.headerBytes);
  return prefix;
}

std::vector<std::byte> encodeBlock(BlockHead head, std::span<const std::byte> payload) {
  invariant(payload.size() < kMaxBlockBytes, "a block of the trace is below its size limit");
  const int bound = LZ4_compressBound(static_cast<int>(payload.size()));
  std::vector<std::byte> block(kBlockHeadBytes + std::max(static_cast<std::size_t>(bound), payload.size()));
  const int packed =
      LZ4_compress_default(chars(payload.data()), chars(block.data() + kBlockHeadBytes), static_cast<int>(payload.size()), bound);
  head.rawBytes = static_cast<std::uint32_t>(payload.size());
  head.compressed = packed > 0 && static_cast<std::size_t>(packed) < payload.size();
  head.storedBytes = head.compressed ? static_cast<std::uint32_t>(packed) : head.rawBytes;
  if (!head.compressed) std::copy(payload.begin(), payload.end(), block.begin() + kBlockHeadBytes);
  block.resize(kBlockHeadBytes + head.storedBytes);

  ByteWriter covered;
  covered.u8(static_cast<std::uint8_t>(head.kind));
  covered.u8(head.compressed ? 1 : 0);
  covered.u16(0);
  covered.u32(head.rawBytes);
  covered.u32(head.events);
  covered.u32(0);
  covered.u64(head.firstSequence);
  covered.u64(head.firstTime.value());
  covered.u64(head.lastTime.value());
  std::copy(covered.bytes().begin(), covered.bytes().end(), block.begin() + kBlockChecked);

  ByteWriter front;
  front.u32(kBlockMagic);
  front.u32(head.storedBytes);
  front.u64(hash64(std::span(block).subspan(kBlockChecked)));
  std::copy(front.bytes().begin(), front.bytes().end(), block.begin());
  return block;
}

Result<BlockHead> decodeBlockHead(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  BlockHead head;
  const std::uint32_t magic = in.u32();
  head.storedBytes = in.u32();
  head.checksum = in.u64();
  const std::uint8_t kind = in.u8();
  const std::uint8_t compression = in.u8();
  in.u16();
  head.rawBytes = in.u32();
  head.events = in.u32();
  in.u32();
  head.firstSequence = in.u64();
  head.firstTime = VirtualTime(in.u64());
  head.lastTime = VirtualTime(in.u64());
  if (in.failed()) return failure("the block's head is cut off");
  if (magic != kBlockMagic) return failure("no block begins here");
  if (kind < 1 || kind > static_cast<std::uint8_t>(BlockKind::Index)) return failure("the block has the unknown kind {}", kind);
  if (compression > 1) return failure("the block has the unknown compression {}", compression);
  head.kind = static_cast<BlockKind>(kind);
  head.compressed = compression == 1;
  const bool sizes = head.compressed ? head.rawBytes <= head.storedBytes * kMaxLz4Ratio : head.rawBytes == head.storedBytes;
  if (!sizes || head.storedBytes > kMaxBlockBytes || head.rawBytes > kMaxBlockBytes) return failure("the block's sizes are impossible");
  const bool hasEvents = head.kind == BlockKind::Events;
  if (hasEvents != (head.events != 0) || head.events > kMaxBlockEvents) return failure("the block's number of events is impossible");
  if (hasEvents && (head.firstSequence == 0 || head.firstSequence + head.events < head.firstSequence)) {
    return failure("the block's sequence numbers are impossible");
  }
  if (head.firstTime > head.lastTime) return failure("the block's times are impossible");
  return head;
}

Result<void> checkBlock(const BlockHead& head, std::span<const std::byte> block) {
  if (block.size() != kBlockHeadBytes + head.storedBytes) return failure("the block is cut off");
  if (hash64(block.subspan(kBlockChecked)) != head.checksum) return failure("the block's checksum does not match its bytes");
  return {};
}

Result<std::vector<std::byte>> blockPayload(const BlockHead& head, std::span<const std::byte> block) {
  const std::span<const std::byte> stored = block.subspan(kBlockHeadBytes);
  if (!head.compressed) return std::vector<std::byte>(stored.begin(), stored.end());
  std::vector<std::byte> payload(head.rawBytes);
  const int size =
      LZ4_decompress_safe(chars(stored.data()), chars(payload.data()), static_cast<int>(stored.size()), static_cast<int>(payload.size()));
  if (size < 0 || static_cast<std::size_t>(size) != payload.size())
    return failure("the block does not decompress to its {} bytes", head.rawBytes);
  return payload;
}

std::vector<std::byte> encodeIndex(std::span<const BlockEntry> blocks) {
  ByteWriter out;
  out.varint(blocks.size());
  for (const BlockEntry& block : blocks) {
    out.u8(static_cast<std::uint8_t>(block.kind));
    out.varint(block.storedBytes);
    out.varint(block.events);
    out.varint(block.firstSequence);
    out.varint(block.firstTime.value());
    out.varint(block.lastTime.value() - block.firstTime.value());
  }
  return out.take();
}

Result<std::vector<BlockEntry>> decodeIndex(std::span<const std::byte> payload, std::uint64_t firstOffset, std::uint64_t end) {
  ByteReader in(payload);
  const std::uint64_t count = in.varintUpTo(payload.size());
  std::vector<BlockEntry> blocks;
  std::uint64_t offset = firstOffset;
  std::uint64_t endSequence = 0;
  VirtualTime lastTime;
  for (std::uint64_t i = 0; i < count; ++i) {
    BlockEntry block;
    block.offset = offset;
    const std::uint8_t kind = in.u8();
    block.storedBytes = static_cast<std::uint32_t>(in.varintUpTo(kMaxBlockBytes));
    block.events = static_cast<std::uint32_t>(in.varintUpTo(kMaxBlockEvents));
    block.firstSequence = in.varint();
    block.firstTime = VirtualTime(in.varint());
    block.lastTime = block.firstTime + VirtualTime(in.varint());
    if (in.failed() || (kind != static_cast<std::uint8_t>(BlockKind::Events) && kind != static_cast<std::uint8_t>(BlockKind::Keyframe))) {
      return failure("line {} of the index is malformed", i + 1);
    }
    block.kind = static_cast<BlockKind>(kind);
    if (block.end() > end) return failure("line {} of the index points outside the file", i + 1);
    if (auto follows = checkFollows(block, endSequence, lastTime); !follows) {
      return failure("line {} of the index is wrong: {}", i + 1, follows.error().text);
    }
    if (block.kind == BlockKind::Events) {
      endSequence = block.endSequence();
      lastTime = block.lastTime;
    }
    offset = block.end();
    blocks.push_back(block);
  }
  if (in.failed() || !in.atEnd() || offset != end) return failure("the index does not cover the file");
  return blocks;
}

std::vector<std::byte> encodeTrailer(const TraceTrailer& trailer) {
  ByteWriter covered;
  covered.u64(trailer.indexOffset);
  covered.u64(trailer.events);
  covered.u64(trailer.lastTime.value());
  covered.u64(trailer.digest.high);
  covered.u64(trailer.digest.low);
  ByteWriter out;
  out.u64(kTrailerMagic);
  out.u64(hash64(covered.bytes()));
  out.append(covered.bytes());
  return out.take();
}

Result<TraceTrailer> decodeTrailer(std::span<const std::byte> bytes) {
  if (bytes.size() != kTrailerBytes) return failure("the trailer is cut off");
  ByteReader in(bytes);
  if (in.u64() != kTrailerMagic) return failure("there is no trailer");
  if (in.u64() != hash64(bytes.subspan(kTrailerChecked))) return failure("the trailer's checksum does not match its bytes");
  TraceTrailer trailer;
  trailer.indexOffset = in.u64();
  trailer.events = in.u64();
  trailer.lastTime = VirtualTime(in.u64());
  trailer.digest.high = in.u64();
  trailer.digest.low = in.u64();
  return trailer;
}

Result<void> checkFollows(const BlockEntry& next, std::uint64_t endSequence, VirtualTime lastTime) {
  if (next.firstTime < lastTime || next.lastTime < next.firstTime) return failure("the block's time is before that of the block before it");
  switch (next.kind) {
    case BlockKind::Events:
      if (next.events == 0 || next.firstSequence == 0 || next.endSequence() < next.firstSequence) {
        return failure("the block's sequence numbers are impossible");
      }
      if (endSequence != 0 && next.firstSequence != endSequence) {
        return failure("the block begins with event #{} where #{} is expected", next.firstSequence, endSequence);
      }
      return {};
    case BlockKind::Keyframe:
      if (endSequence == 0 || next.firstSequence + 1 != endSequence) {
        return failure("the keyframe is of event #{}, which is not the last one before it", next.firstSequence);
      }
      return {};
    case BlockKind::Index: return {};
  }
  return failure("the block has an unknown kind");
}

}  // namespace overcommit

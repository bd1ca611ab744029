// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"

namespace overcommit {

// A trace file from its first byte to its last (docs/reference/trace-format.md gives every byte):
//
//   prefix    magic, format version, size and checksum of the header
//   header    TraceHeader
//   block …   events, now and then a keyframe; each with a head, a checksum and an LZ4-compressed payload
//   block     the index                                                    } only when the run ended well
//   trailer   where the index is, how many events there are, the digest    }

inline constexpr std::uint64_t kTraceMagic = 0x0a4543415254434f;  // "OCTRACE\n" in the file's byte order
inline constexpr std::size_t kTracePrefixBytes = 24;
inline constexpr std::uint32_t kMaxHeaderBytes = 64u << 20;

struct TracePrefix {
  std::uint32_t version = 0;
  std::uint32_t headerBytes = 0;
  std::uint64_t headerChecksum = 0;  // XXH3-64 of the header
};
std::vector<std::byte> encodeTracePrefix(const TracePrefix& prefix);
// Refuses files that are no traces and versions that this build does not read.
Result<TracePrefix> decodeTracePrefix(std::span<const std::byte> bytes);

enum class BlockKind : std::uint8_t { Events = 1, Keyframe = 2, Index = 3 };

inline constexpr std::uint32_t kBlockMagic = 0x6b6c424f;  // "OBlk"
inline constexpr std::size_t kBlockHeadBytes = 56;

// What stands before a block's payload.
struct BlockHead {
  BlockKind kind = BlockKind::Events;
  bool compressed = false;        // LZ4, else as it is
  std::uint32_t storedBytes = 0;  // of the payload in the file
  std::uint32_t rawBytes = 0;     // of the payload
  std::uint32_t events = 0;
  std::uint64_t firstSequence = 0;  // of an event block; of a keyframe: the last event that it contains
  VirtualTime firstTime;            // host time of the first and last event; of a keyframe: of the last event it contains
  VirtualTime lastTime;
  std::uint64_t checksum = 0;  // XXH3-64 of the head behind this field and the stored payload
  friend bool operator==(const BlockHead&, const BlockHead&) = default;
};

// The whole block as it stands in the file: compresses the payload if that makes it smaller, and fills in sizes and checksum.
std::vector<std::byte> encodeBlock(BlockHead head, std::span<const std::byte> payload);

// Checks magic, kind and sizes; the checksum needs the payload.
Result<BlockHead> decodeBlockHead(std::span<const std::byte> bytes);
// `block`: head and stored payload. Checks the checksum.
Result<void> checkBlock(const BlockHead& head, std::span<const std::byte> block);
// The payload of a checked block.
Result<std::vector<std::byte>> blockPayload(const BlockHead& head, std::span<const std::byte> block);

// One line of the index: a block's head and where it stands.
struct BlockEntry {
  std::uint64_t offset = 0;  // of its head
  BlockKind kind = BlockKind::Events;
  std::uint32_t storedBytes = 0;
  std::uint32_t events = 0;
  std::uint64_t firstSequence = 0;
  VirtualTime firstTime;
  VirtualTime lastTime;

  BlockEntry() = default;
  BlockEntry(const BlockHead& head, std::uint64_t at)
      : offset(at),
        kind(head.kind),
        storedBytes(head.storedBytes),
        events(head.events),
        firstSequence(head.firstSequence),
        firstTime(head.firstTime),
        lastTime(head.lastTime) {}
  [[nodiscard]] std::uint64_t end() const { return offset + kBlockHeadBytes + storedBytes; }
  // Of an event block: the sequence number behind its last event.
  [[nodiscard]] std::uint64_t endSequence() const { return firstSequence + events; }
  friend bool operator==(const BlockEntry&, const BlockEntry&) = default;
};
std::vector<std::byte> encodeIndex(std::span<const BlockEntry> blocks);
// Refuses an index whose blocks do not follow one another from `firstOffset` to `end` in the file, in sequence and in time.
Result<std::vector<BlockEntry>> decodeIndex(std::span<const std::byte> payload, std::uint64_t firstOffset, std::uint64_t end);

inline constexpr std::uint64_t kTrailerMagic = 0x0a444e455254434f;  // "OCTREND\n"
inline constexpr std::size_t kTrailerBytes = 56;

struct TraceTrailer {
  std::uint64_t indexOffset = 0;
  std::uint64_t events = 0;
  VirtualTime lastTime;
  Digest digest;  // of the run
};
std::vector<std::byte> encodeTrailer(const TraceTrailer& trailer);
Result<TraceTrailer> decodeTrailer(std::span<const std::byte> bytes);

// How `next` continues a file whose blocks so far end with sequence number `endSequence` (0: none yet) and `lastTime`.
Result<void> checkFollows(const BlockEntry& next, std::uint64_t endSequence, VirtualTime lastTime);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices/image_content.h"

#include <array>
#include <cstring>
#include <string_view>

#include "base/hash.h"
#include "base/random.h"

namespace overcommit {
namespace {

std::uint64_t blockSeed(const std::string& imageId, std::uint64_t block) {
  return hash64(std::as_bytes(std::span(imageId))) ^ (block * 0x9e3779b97f4a7c15u);
}

// The block whose bytes this one has.
std::uint64_t originOf(const std::string& imageId, std::uint64_t block) {
  // What it repeats may itself be a repetition.
  while (block >= 8 && block % 8 == 7) block = Random(blockSeed(imageId, block), "origin").below(block);
  return block;
}

BlockClass classOf(std::uint64_t seed) {
  const std::uint64_t draw = Random(seed, "class").below(100);
  if (draw < 15) return BlockClass::Zero;
  if (draw < 60) return BlockClass::Code;
  if (draw < 85) return BlockClass::Text;
  return BlockClass::Random;
}

constexpr std::array<std::string_view, 24> kWords{"page",    "table", "memory", "guest",   "the",    "of",   "host",  "swap",
                                                  "balloon", "error", "info",   "request", "frame",  "disk", "write", "read",
                                                  "from",    "with",  "share",  "cache",   "server", "user", "state", "free"};

// Code-like: common short instruction patterns with varying operands; compresses about two to one.
constexpr std::array<std::uint64_t, 8> kPatterns{0x0000000000358b48u, 0x00000000e8c78948u, 0x00000000840fc085u, 0x4810ec8348e58948u,
                                                 0xc35d000000000fb8u, 0x0000000085b60f44u, 0x9090909090909090u, 0x24448b4824548948u};

}  // namespace

BlockClass classOfBlock(const std::string& imageId, std::uint64_t block) { return classOf(blockSeed(imageId, originOf(imageId, block))); }

void fillImageBlock(const std::string& imageId, std::uint64_t block, std::span<std::byte, kPageSize> bytes) {
  const std::uint64_t seed = blockSeed(imageId, originOf(imageId, block));
  Random random(seed, "content");
  switch (classOf(seed)) {
    case BlockClass::Zero: std::memset(bytes.data(), 0, kPageSize); return;
    case BlockClass::Random:
      for (std::size_t at = 0; at < kPageSize; at += 8) {
        const std::uint64_t word = random.next();
        std::memcpy(&bytes[at], &word, 8);
      }
      return;
    case BlockClass::Code:
      for (std::size_t at = 0; at < kPageSize; at += 8) {
        const std::uint64_t draw = random.next();
        const std::uint64_t word = kPatterns[draw % kPatterns.size()] ^ ((draw >> 56) << 24);
        std::memcpy(&bytes[at], &word, 8);
      }
      return;
    case BlockClass::Text: {
      std::size_t at = 0;
      while (at < kPageSize) {
        const std::uint64_t draw = random.next();
        const std::string_view word = kWords[draw % kWords.size()];
        for (const char c : word) {
          if (at < kPageSize) bytes[at++] = static_cast<std::byte>(c);
        }
        if (at < kPageSize) bytes[at++] = static_cast<std::byte>((draw >> 32) % 12 == 0 ? '\n' : ' ');
      }
      return;
    }
  }
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace overcommit {

// Bytes as the trace format writes them: little-endian words; varints of seven bits a byte, lowest first, the top bit set on all
// but the last byte (at most ten bytes); texts as a varint length and UTF-8.
inline constexpr std::size_t kVarintMax = 10;

// Signed differences as small unsigned numbers: 0, -1, 1, -2, … become 0, 1, 2, 3, … Differences wrap around at 64 bits.
constexpr std::uint64_t zigzag(std::uint64_t difference) { return (difference << 1) ^ (std::uint64_t{0} - (difference >> 63)); }
constexpr std::uint64_t unzigzag(std::uint64_t code) { return (code >> 1) ^ (std::uint64_t{0} - (code & 1)); }

class ByteWriter {
 public:
  void u8(std::uint8_t value) { *room(1) = std::byte{value}, ++used_; }
  void u16(std::uint16_t value) { word(value, 2); }
  void u32(std::uint32_t value) { word(value, 4); }
  void u64(std::uint64_t value) { word(value, 8); }
  void varint(std::uint64_t value) {
    std::byte* at = room(kVarintMax);
    std::byte* const first = at;
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<std::byte>(value | 0x80);
    *at++ = static_cast<std::byte>(value);
    used_ += static_cast<std::size_t>(at - first);
  }
  // The difference value - reference.
  void delta(std::uint64_t value, std::uint64_t reference) { varint(zigzag(value - reference)); }
  void text(std::string_view text) {
    varint(text.size());
    append(std::as_bytes(std::span(text)));
  }
  void append(std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), room(bytes.size()));
    used_ += bytes.size();
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(storage_).first(used_); }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::vector<std::byte> take() {
    storage_.resize(used_);
    used_ = 0;
    return std::move(storage_);
  }
  void clear() { used_ = 0; }  // keeps the memory

 private:
  // Where the next `size` bytes go; used_ counts them once they are there.
  std::byte* room(std::size_t size) {
    if (storage_.size() - used_ < size) [[unlikely]]
      grow(size);
    return storage_.data() + used_;
  }
  void grow(std::size_t size);
  void word(std::uint64_t value, unsigned size) {
    std::byte* const at = room(size);
    for (unsigned i = 0; i < size; ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
    used_ += size;
  }
  std::vector<std::byte> storage_;
  std::size_t used_ = 0;
};

// Reads what a ByteWriter wrote, from bytes that may be anything. A read past the end, an overlong varint or a text longer than
// its limit gives zero or "" and makes failed() true for good, so that a caller may read a whole record before it asks.
class ByteReader {
 public:
  ByteReader() = default;
  explicit ByteReader(std::span<const std::byte> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(word(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(word(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(word(4)); }
  std::uint64_t u64() { return word(8); }
  std::uint64_t varint() {
    if (at_ != end_ && std::to_integer<unsigned>(*at_) < 0x80) [[likely]]
      return std::to_integer<std::uint64_t>(*at_++);
    return longVarint();
  }
  std::uint64_t delta(std::uint64_t reference) { return reference + unzigzag(varint()); }
  // The varint as a number of at most `limit`.
  std::uint64_t varintUpTo(std::uint64_t limit);
  std::string text(std::size_t limit);
  std::span<const std::byte> bytes(std::size_t size);

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] bool atEnd() const { return at_ == end_; }
  [[nodiscard]] bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    at_ = end_;
  }

 private:
  std::uint64_t word(unsigned size);
  std::uint64_t longVarint();

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace overcommit

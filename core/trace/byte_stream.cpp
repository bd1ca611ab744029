// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/byte_stream.h"

namespace overcommit {

void ByteWriter::grow(std::size_t size) { storage_.resize(std::max({used_ + size, 2 * storage_.size(), std::size_t{64}})); }

std::uint64_t ByteReader::word(unsigned size) {
  if (left() < size) {
    fail();
    return 0;
  }
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(*at_++) << (8 * i);
  return value;
}

std::uint64_t ByteReader::longVarint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(*at_++);
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

std::uint64_t ByteReader::varintUpTo(std::uint64_t limit) {
  const std::uint64_t value = varint();
  if (value <= limit) return value;
  fail();
  return 0;
}

std::string ByteReader::text(std::size_t limit) {
  const auto size = static_cast<std::size_t>(varintUpTo(limit));
  const std::span<const std::byte> found = bytes(size);
  std::string text(found.size(), '\0');
  for (std::size_t i = 0; i < found.size(); ++i) text[i] = std::to_integer<char>(found[i]);
  return text;
}

std::span<const std::byte> ByteReader::bytes(std::size_t size) {
  if (left() < size) {
    fail();
    return {};
  }
  const std::span<const std::byte> found(at_, size);
  at_ += size;
  return found;
}

}  // namespace overcommit

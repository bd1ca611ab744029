// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/page_compressor.h"

#include <lz4.h>

#include <cstring>
#include <optional>

namespace overcommit {
namespace {

std::uint64_t wordAt(std::span<const std::byte, kPageSize> page, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, page.data() + at, sizeof word);
  return word;
}

std::optional<std::uint64_t> wordThatFills(std::span<const std::byte, kPageSize> page) {
  const std::uint64_t first = wordAt(page, 0);
  for (std::size_t at = sizeof first; at < kPageSize; at += sizeof first) {
    if (wordAt(page, at) != first) return std::nullopt;
  }
  return first;
}

}  // namespace

PageCompressor::PageCompressor()
    : state_(std::make_unique<std::uint64_t[]>((static_cast<std::size_t>(LZ4_sizeofState()) + 7) / 8)), buffer_{} {}

CompressedPage PageCompressor::compress(std::span<const std::byte, kPageSize> page) {
  if (const auto word = wordThatFills(page)) return {CompressedPage::Form::SameFilled, *word, {}};
  const int bytes =
      LZ4_compress_fast_extState(state_.get(), reinterpret_cast<const char*>(page.data()), reinterpret_cast<char*>(buffer_.data()),
                                 static_cast<int>(kPageSize), static_cast<int>(buffer_.size()), 1);
  if (bytes <= 0) return {};
  return {CompressedPage::Form::Lz4, 0, std::span<const std::byte>(buffer_).first(static_cast<std::size_t>(bytes))};
}

bool PageCompressor::expand(std::span<const std::byte> bytes, std::span<std::byte, kPageSize> page) {
  const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(bytes.data()), reinterpret_cast<char*>(page.data()),
                                       static_cast<int>(bytes.size()), static_cast<int>(kPageSize));
  return size == static_cast<int>(kPageSize);
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ids.h"

namespace overcommit {

// A page in its shortest form. `bytes` lies in the compressor that made it, until that compresses the next page.
struct CompressedPage {
  enum class Form : std::uint8_t {
    SameFilled,  // every 8-byte word of the page is `word`: nothing else has to be kept
    Lz4,         // `bytes`, one LZ4 block of 1 to kMostBytes
    TooLong,     // longer than kMostBytes: keeping it would save nothing
  };
  static constexpr std::size_t kMostBytes = kPageSize / 2;  // the accept rule of ESX 4.1 and later

  Form form = Form::TooLong;
  std::uint64_t word = 0;
  std::span<const std::byte> bytes;
};

// Compresses pages, one at a time: LZ4 with the working memory (16 KiB) that it would otherwise take from the stack, which may be that
// of a signal handler. Its result depends on the page alone. LZ4 gives up as soon as kMostBytes are full.
class PageCompressor {
 public:
  PageCompressor();

  [[nodiscard]] CompressedPage compress(std::span<const std::byte, kPageSize> page);

  // The page that one LZ4 block holds. False if it does not hold exactly one page; what `page` holds is then undefined.
  [[nodiscard]] static bool expand(std::span<const std::byte> bytes, std::span<std::byte, kPageSize> page);

 private:
  std::unique_ptr<std::uint64_t[]> state_;
  std::array<std::byte, CompressedPage::kMostBytes> buffer_;
};

}  // namespace overcommit

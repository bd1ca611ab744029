// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"

namespace overcommit {

// An array whose memory is allocated in chunks of 64 elements when they are first written: a window covers far more pages than a
// guest ever touches. Unwritten elements read as T{}.
template <typename T>
class SparseArray {
 public:
  static constexpr std::uint64_t kChunk = 64;

  explicit SparseArray(std::uint64_t size) : size_(size), chunks_((size + kChunk - 1) / kChunk) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] T get(std::uint64_t i) const {
    invariant(i < size_, "an index of a sparse array is below its size");
    const auto& chunk = chunks_[i / kChunk];
    return chunk ? (*chunk)[i % kChunk] : T{};
  }
  [[nodiscard]] T& at(std::uint64_t i) {
    invariant(i < size_, "an index of a sparse array is below its size");
    auto& chunk = chunks_[i / kChunk];
    if (!chunk) chunk = std::make_unique<std::array<T, kChunk>>();
    return (*chunk)[i % kChunk];
  }
  // Whether anything in the chunk of element i was written since the start or the last clear().
  [[nodiscard]] bool chunkWritten(std::uint64_t i) const { return chunks_[i / kChunk] != nullptr; }
  void clear() {
    for (auto& chunk : chunks_) chunk.reset();
  }

 private:
  std::uint64_t size_;
  std::vector<std::unique_ptr<std::array<T, kChunk>>> chunks_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"

namespace overcommit {

// A set of the numbers below a fixed size, whose lowest member, at all or from a number on, is found in as many steps as there are levels
// (3 for 262,144), or twice as many.
// Level 0 has one bit a number; a bit of level k + 1 says whether a word of level k has any bit set.
class BitTree {
 public:
  explicit BitTree(std::uint64_t size) : size_(size) {
    for (std::uint64_t words = size; levels_.empty() || words > 1;) {
      words = (words + 63) / 64;
      levels_.emplace_back(static_cast<std::size_t>(words));
    }
  }

  [[nodiscard]] bool contains(std::uint64_t number) const { return number < size_ && (levels_[0][number / 64] >> (number % 64) & 1) != 0; }

  void insert(std::uint64_t number) {
    invariant(number < size_, "a member of a bit tree is below its size");
    for (auto& level : levels_) {
      std::uint64_t& word = level[number / 64];
      const bool wasEmpty = word == 0;
      word |= std::uint64_t{1} << (number % 64);
      if (!wasEmpty) return;
      number /= 64;
    }
  }

  void erase(std::uint64_t number) {
    invariant(number < size_, "a member of a bit tree is below its size");
    for (auto& level : levels_) {
      std::uint64_t& word = level[number / 64];
      word &= ~(std::uint64_t{1} << (number % 64));
      if (word != 0) return;
      number /= 64;
    }
  }

  [[nodiscard]] std::optional<std::uint64_t> lowest() const {
    if (levels_.back().empty() || levels_.back()[0] == 0) return std::nullopt;
    return lowestBelow(levels_.size(), 0);
  }

  // The lowest member that is not below `from`.
  [[nodiscard]] std::optional<std::uint64_t> lowestFrom(std::uint64_t from) const {
    std::uint64_t number = from;
    for (std::size_t level = 0; level < levels_.size() && number / 64 < levels_[level].size(); ++level) {
      const std::uint64_t here = levels_[level][number / 64] >> (number % 64) << (number % 64);
      if (here != 0) return lowestBelow(level, number / 64 * 64 + static_cast<std::uint64_t>(std::countr_zero(here)));
      number = number / 64 + 1;
    }
    return std::nullopt;
  }

 private:
  // The lowest member under bit `number` of a level, which is set.
  [[nodiscard]] std::uint64_t lowestBelow(std::size_t level, std::uint64_t number) const {
    while (level-- > 0) number = number * 64 + static_cast<std::uint64_t>(std::countr_zero(levels_[level][number]));
    return number;
  }

  std::uint64_t size_;
  std::vector<std::vector<std::uint64_t>> levels_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/world_cells.h"

#include <algorithm>

namespace overcommit {

bool operator==(const CellTable& a, const CellTable& b) {
  if (a.cells_ != b.cells_) return false;
  const auto zero = [](const CellTable::Chunk& chunk) {
    return std::all_of(chunk.begin(), chunk.end(), [](std::uint64_t cell) { return cell == 0; });
  };
  for (std::size_t c = 0; c < a.chunks_.size(); ++c) {
    const CellTable::Chunk& left = a.chunks_[c];
    const CellTable::Chunk& right = b.chunks_[c];
    if (left.empty() ? !zero(right) : right.empty() ? !zero(left) : left != right) return false;
  }
  return true;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace overcommit {

// Which cells of a world were set since somebody looked, some of them more than once: so that a picture of all cells is renewed only where
// it must be. What would be longer than kMost is called everything.
class WorldChanges {
 public:
  struct Cell {
    VmId vm;
    std::uint32_t index;  // gfn or slot
  };

  [[nodiscard]] bool everything() const { return everything_; }
  [[nodiscard]] bool empty() const { return !everything_ && pages_.empty() && frames_.empty(); }
  // Of no use if it is everything.
  [[nodiscard]] const std::vector<Cell>& pages() const { return pages_; }
  [[nodiscard]] const std::vector<Cell>& slots() const { return slots_; }
  [[nodiscard]] const std::vector<std::uint32_t>& frames() const { return frames_; }  // mfns

  void addPage(VmId vm, std::uint64_t gfn) { add(pages_, {vm, static_cast<std::uint32_t>(gfn)}); }
  void addSlot(VmId vm, std::uint64_t slot) { add(slots_, {vm, static_cast<std::uint32_t>(slot)}); }
  void addFrame(std::uint64_t mfn) { add(frames_, static_cast<std::uint32_t>(mfn)); }
  void clear() {
    everything_ = false;
    forget();
  }
  void addEverything() {
    everything_ = true;
    forget();
  }

 private:
  static constexpr std::size_t kMost = 65'536;
  template <typename T>
  void add(std::vector<T>& cells, T cell) {
    if (everything_) return;
    if (cells.size() == kMost) return addEverything();
    cells.push_back(cell);
  }
  void forget() {
    pages_.clear();
    slots_.clear();
    frames_.clear();
  }

  bool everything_ = true;
  std::vector<Cell> pages_, slots_;
  std::vector<std::uint32_t> frames_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "machine/sparse_array.h"

namespace overcommit {

// Which dynamic pages show a guest frame: for each frame a doubly linked list threaded through the dynamic pages.
//
//   first: gfn 7 -> page 12 <-> page 3 <-> page 90
//
// Always true: a dynamic page is in the list of at most one frame.
class DynamicAliases {
 public:
  DynamicAliases(Pages guestFrames, Pages dynamicPages) : first_(guestFrames.value()), links_(dynamicPages.value()) {}

  void link(std::uint64_t page, Gfn gfn);  // leaves the list that it was in
  void unlink(std::uint64_t page);         // does nothing if it is in none
  void clear();

  [[nodiscard]] std::optional<Gfn> gfnOf(std::uint64_t page) const;
  [[nodiscard]] std::optional<std::uint64_t> first(Gfn gfn) const;
  [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t page) const;

 private:
  // Numbers are kept plus one, so that 0 means none.
  struct Link {
    std::uint32_t gfn = 0, next = 0, previous = 0;
  };
  SparseArray<std::uint32_t> first_;
  SparseArray<Link> links_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "machine/sparse_array.h"
#include "machine/window_backing.h"

namespace overcommit {

// Reserved address space, page by page mapped to frames of machine memory or to nothing, and an exact count of the mappings
// (the kernel's VMAs) that this takes. Neighbours share a mapping if both show nothing, or consecutive frames with equal protection:
//
//   page        0    1    2    3    4    5    6    7
//   frame       -    -   70   71   72   12   13    -
//   protection            rw   rw   ro   rw   rw           5 mappings: 0-1, 2-3, 4, 5-6, 7
//
// (Where the backing does not split mappings by protection, 2-4 are one.)
// A page keeps its frame when its protection is taken away, because giving it back costs a fraction of mapping it anew.
// The first frame mapped in 64 pages therefore brings those around it along, without protection, where frames and pages run in step.
class WindowRegion {
 public:
  // `backing` outlives the region.
  static Result<WindowRegion> reserve(WindowBacking& backing, int fd, Pages frames, Pages pages, std::string_view what);
  ~WindowRegion();
  WindowRegion(WindowRegion&& other) noexcept;
  WindowRegion(const WindowRegion&) = delete;
  WindowRegion& operator=(const WindowRegion&) = delete;
  WindowRegion& operator=(WindowRegion&&) = delete;

  [[nodiscard]] std::byte* base() const { return base_; }
  [[nodiscard]] Pages pages() const { return Pages(states_.size()); }
  [[nodiscard]] std::uint64_t mappings() const { return mappings_; }

  // A page without protection is not mapped as far as anybody else is concerned.
  [[nodiscard]] Protection protection(std::uint64_t page) const { return states_.get(page).protection(); }
  [[nodiscard]] Mfn mfn(std::uint64_t page) const { return states_.get(page).mfn(); }

  // All false if the kernel refuses for want of mappings: then regions must be cleared, those with most mappings first.
  [[nodiscard]] bool map(std::uint64_t page, Mfn mfn, Protection protection);
  [[nodiscard]] bool lower(std::uint64_t page, Protection protection);  // does nothing if the protection is that low already
  [[nodiscard]] bool clear();                                           // all pages show nothing: one mapping

 private:
  // What a page shows, in one word: bits 0..29 1 + the frame, 0: nothing; bits 30..31 protection.
  class State {
   public:
    constexpr State() = default;
    constexpr State(Mfn mfn, Protection protection)
        : word_(static_cast<std::uint32_t>(mfn.value() + 1) | static_cast<std::uint32_t>(protection) << 30) {}
    [[nodiscard]] constexpr bool empty() const { return word_ == 0; }
    [[nodiscard]] constexpr Mfn mfn() const { return Mfn((word_ & 0x3fff'ffffu) - 1); }
    [[nodiscard]] constexpr Protection protection() const { return static_cast<Protection>(word_ >> 30); }
    [[nodiscard]] constexpr bool shows(Mfn frame) const { return !empty() && mfn() == frame; }
    [[nodiscard]] constexpr bool mergesWith(State next, MappingSplit split) const {
      if (empty() || next.empty()) return empty() && next.empty();
      return next.mfn() == mfn().next() && (split == MappingSplit::Never || next.protection() == protection());
    }

   private:
    std::uint32_t word_ = 0;
  };
  static_assert(sizeof(State) == 4);

  WindowRegion(WindowBacking& backing, int fd, Pages frames, Pages pages, std::byte* base)
      : backing_(&backing), fd_(fd), frames_(frames), base_(base), states_(pages.value()) {}

  [[nodiscard]] bool mapAround(std::uint64_t page, Mfn mfn);
  [[nodiscard]] bool protect(std::uint64_t page, Protection protection);
  [[nodiscard]] bool boundaryBefore(std::uint64_t page) const;
  [[nodiscard]] std::uint64_t boundariesAround(std::uint64_t first, std::uint64_t last) const;
  void record(std::uint64_t page, State state);
  void unmapInside();

  WindowBacking* backing_;
  int fd_;
  Pages frames_;
  std::byte* base_;
  std::uint64_t mappings_ = 1;
  SparseArray<State> states_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "trace/event.h"
#include "trace/place.h"

namespace overcommit {

// What the world model keeps of a guest page, in eight bytes. Zero: untouched, and the guest has not said what it is for.
//
//   0..2   PagePlace
//   3..6   GuestUse + 1, 0 = unknown
//   7..38  private, shared: mfn; zipped: mfn of the store frame; swapped: slot
//   39..50 zipped: offset in the store frame        51..62 zipped: bytes there, 0 = same-filled and in no frame
class PageCell {
 public:
  constexpr PageCell() = default;
  constexpr explicit PageCell(std::uint64_t raw) : raw_(raw) {}

  // The guest's use stays, everything else is said anew.
  [[nodiscard]] constexpr PageCell at(PagePlace place, std::uint64_t number = 0, std::uint64_t offset = 0, std::uint64_t bytes = 0) const {
    return PageCell((raw_ & kUse) | static_cast<std::uint64_t>(place) | number << kNumberShift | offset << kOffsetShift |
                    bytes << kBytesShift);
  }
  [[nodiscard]] constexpr PageCell usedAs(GuestUse use) const {
    const std::uint64_t code = use == GuestUse::Unknown ? 0 : static_cast<std::uint64_t>(use) + 1;
    return PageCell((raw_ & ~kUse) | code << kUseShift);
  }
  [[nodiscard]] constexpr PagePlace place() const { return static_cast<PagePlace>(raw_ & 7); }
  [[nodiscard]] constexpr GuestUse use() const {
    const std::uint64_t code = (raw_ & kUse) >> kUseShift;
    return code == 0 ? GuestUse::Unknown : static_cast<GuestUse>(code - 1);
  }
  [[nodiscard]] constexpr std::uint64_t number() const { return raw_ >> kNumberShift & 0xffff'ffffu; }
  [[nodiscard]] constexpr std::uint64_t offset() const { return raw_ >> kOffsetShift & 0xfffu; }
  [[nodiscard]] constexpr std::uint64_t bytes() const { return raw_ >> kBytesShift & 0xfffu; }
  // A compressed page whose place in a store frame no slot can have, or a same-filled one that has a place.
  [[nodiscard]] constexpr bool misplaced() const {
    if (bytes() == 0) return number() != 0 || offset() != 0;
    return bytes() > kPageSize / 2 || offset() % (bytes() > kPageSize / 4 ? kPageSize / 2 : kPageSize / 4) != 0;
  }
  // Whether it takes part of a store frame.
  [[nodiscard]] constexpr bool inStore() const { return place() == PagePlace::Zipped && bytes() != 0; }
  [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }
  friend constexpr bool operator==(PageCell, PageCell) = default;

 private:
  static constexpr unsigned kUseShift = 3, kNumberShift = 7, kOffsetShift = 39, kBytesShift = 51;
  static constexpr std::uint64_t kUse = std::uint64_t{15} << kUseShift;
  std::uint64_t raw_ = 0;
};
static_assert(sizeof(PageCell) == 8);
static_assert(PageCell().place() == PagePlace::Untouched && PageCell().use() == GuestUse::Unknown);

// What the world model keeps of a machine frame, in eight bytes. Zero: free.
//
//   0..2   FrameUse
//   3..18  private, zip store, overhead: vm + 1, 0 = the host
//   19..50 private: gfn; shared: pages that map it; zip store: pages in it; overhead: OverheadUse
//   51     shared: it holds zeros only
class FrameCell {
 public:
  constexpr FrameCell() = default;
  constexpr explicit FrameCell(std::uint64_t raw) : raw_(raw) {}
  constexpr FrameCell(FrameUse use, VmId vm, std::uint64_t number)
      : raw_(static_cast<std::uint64_t>(use) | ((std::uint64_t{vm.value()} + 1) & 0xffffu) << kVmShift | number << kNumberShift) {}

  [[nodiscard]] constexpr FrameCell withNumber(std::uint64_t number) const {
    return FrameCell((raw_ & ~(std::uint64_t{0xffff'ffff} << kNumberShift)) | number << kNumberShift);
  }
  [[nodiscard]] constexpr FrameCell withZeros() const { return FrameCell(raw_ | kZeros); }
  [[nodiscard]] constexpr bool zeros() const { return (raw_ & kZeros) != 0; }
  [[nodiscard]] constexpr FrameUse use() const { return static_cast<FrameUse>(raw_ & 7); }
  [[nodiscard]] constexpr VmId vm() const { return VmId(static_cast<std::uint16_t>((raw_ >> kVmShift) - 1)); }
  [[nodiscard]] constexpr std::uint64_t number() const { return raw_ >> kNumberShift & 0xffff'ffffu; }
  [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }
  friend constexpr bool operator==(FrameCell, FrameCell) = default;

 private:
  static constexpr unsigned kVmShift = 3, kNumberShift = 19;
  static constexpr std::uint64_t kZeros = std::uint64_t{1} << 51;
  std::uint64_t raw_ = 0;
};
static_assert(sizeof(FrameCell) == 8);
static_assert(FrameCell(FrameUse::Shared, kNoVm, 1).withZeros().withNumber(7).number() == 7);
static_assert(FrameCell().use() == FrameUse::Free && FrameCell(FrameUse::Overhead, kNoVm, 1).vm() == kNoVm);
static_assert(FrameCell(FrameUse::Private, VmId(7), 0xffff'ffff).vm() == VmId(7));

// A table of eight-byte cells, zero at first, of which only the parts ever written take memory.
class CellTable {
 public:
  explicit CellTable(std::uint64_t cells) : cells_(cells), chunks_(static_cast<std::size_t>((cells + kChunk - 1) / kChunk)) {}

  [[nodiscard]] std::uint64_t size() const { return cells_; }
  // index < size()
  [[nodiscard]] std::uint64_t get(std::uint64_t index) const {
    const Chunk& chunk = chunks_[static_cast<std::size_t>(index / kChunk)];
    return chunk.empty() ? 0 : chunk[static_cast<std::size_t>(index % kChunk)];
  }
  void set(std::uint64_t index, std::uint64_t value) {
    Chunk& chunk = chunks_[static_cast<std::size_t>(index / kChunk)];
    if (chunk.empty()) {
      if (value == 0) return;
      chunk.resize(kChunk);
    }
    chunk[static_cast<std::size_t>(index % kChunk)] = value;
  }
  // Calls visit(index, value) for every cell that is not zero, in order.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (std::size_t c = 0; c < chunks_.size(); ++c) {
      for (std::size_t i = 0; i < chunks_[c].size(); ++i) {
        if (chunks_[c][i] != 0) visit(std::uint64_t{c} * kChunk + i, chunks_[c][i]);
      }
    }
  }
  // Calls visit(index, value) for every cell, in order.
  template <typename Visit>
  void forEachCell(Visit visit) const {
    for (std::size_t c = 0; c < chunks_.size(); ++c) {
      const std::uint64_t first = std::uint64_t{c} * kChunk;
      const std::uint64_t count = cells_ - first < kChunk ? cells_ - first : kChunk;
      const Chunk& chunk = chunks_[c];
      for (std::uint64_t i = 0; i < count; ++i) visit(first + i, chunk.empty() ? 0 : chunk[static_cast<std::size_t>(i)]);
    }
  }
  friend bool operator==(const CellTable& a, const CellTable& b);

 private:
  static constexpr std::size_t kChunk = 1024;
  using Chunk = std::vector<std::uint64_t>;  // kChunk cells, or none if all are zero
  std::uint64_t cells_;
  std::vector<Chunk> chunks_;
};

}  // namespace overcommit

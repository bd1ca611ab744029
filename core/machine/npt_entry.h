// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "trace/place.h"

namespace overcommit {

// One entry of a nested page table, in the layout of an Intel EPT entry, with the bits that the hardware ignores used as a
// hypervisor would.
//
//   present (any of R, W, X set)                   not present (R = W = X = 0)
//     0  R    1  W    2  X                           12..51  slot: swap slot, or place in the compression cache
//     7  large: see NestedPageTable                  52..54  PagePlace
//     8  A (accessed)    9  D (dirty)
//     12..51  machine frame number
//     55      shared: write-protected because other pages map the frame too
class NptEntry {
 public:
  constexpr NptEntry() = default;  // untouched
  constexpr explicit NptEntry(std::uint64_t raw) : raw_(raw) {}

  static constexpr NptEntry privatePage(Mfn mfn) { return NptEntry(kRead | kWrite | kExecute | mfn.value() << kPageShift); }
  static constexpr NptEntry sharedPage(Mfn mfn) { return NptEntry(kRead | kExecute | kShared | mfn.value() << kPageShift); }
  // A page of 4 KiB that is part of a large page, and the entry of level 2 that maps all of it.
  static constexpr NptEntry largePage(Mfn mfn) { return NptEntry(privatePage(mfn).raw_ | kLarge); }
  static constexpr NptEntry table(Mfn mfn) { return NptEntry(kRead | kWrite | kExecute | mfn.value() << kPageShift); }
  static constexpr NptEntry ballooned() { return notPresent(PagePlace::Ballooned, 0); }
  static constexpr NptEntry zipped(std::uint64_t slot) { return notPresent(PagePlace::Zipped, slot); }
  static constexpr NptEntry swapped(std::uint64_t slot) { return notPresent(PagePlace::Swapped, slot); }

  [[nodiscard]] constexpr bool present() const { return (raw_ & (kRead | kWrite | kExecute)) != 0; }
  [[nodiscard]] constexpr bool writable() const { return (raw_ & kWrite) != 0; }
  [[nodiscard]] constexpr bool executable() const { return (raw_ & kExecute) != 0; }
  [[nodiscard]] constexpr bool shared() const { return (raw_ & kShared) != 0; }
  [[nodiscard]] constexpr bool large() const { return (raw_ & kLarge) != 0; }
  [[nodiscard]] constexpr bool accessed() const { return (raw_ & kAccessed) != 0; }
  [[nodiscard]] constexpr bool dirty() const { return (raw_ & kDirty) != 0; }
  [[nodiscard]] constexpr Mfn mfn() const { return Mfn((raw_ & kNumber) >> kPageShift); }
  [[nodiscard]] constexpr std::uint64_t slot() const { return (raw_ & kNumber) >> kPageShift; }
  [[nodiscard]] constexpr PagePlace place() const {
    if (present()) return shared() ? PagePlace::Shared : PagePlace::Private;
    return static_cast<PagePlace>((raw_ >> kPlaceShift) & 7);
  }
  [[nodiscard]] constexpr NptEntry withAccessed() const { return NptEntry(raw_ | kAccessed); }
  [[nodiscard]] constexpr NptEntry withDirty() const { return NptEntry(raw_ | kAccessed | kDirty); }
  [[nodiscard]] constexpr NptEntry withoutLarge() const { return NptEntry(raw_ & ~kLarge); }
  [[nodiscard]] constexpr NptEntry withoutAccessed() const { return NptEntry(raw_ & ~kAccessed); }
  [[nodiscard]] constexpr bool sameButForAccess(NptEntry other) const { return ((raw_ ^ other.raw_) & ~(kAccessed | kDirty)) == 0; }
  [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }
  friend constexpr bool operator==(NptEntry, NptEntry) = default;

 private:
  static constexpr std::uint64_t kRead = 1u << 0, kWrite = 1u << 1, kExecute = 1u << 2, kLarge = 1u << 7, kAccessed = 1u << 8,
                                 kDirty = 1u << 9;
  static constexpr std::uint64_t kNumber = 0x000f'ffff'ffff'f000u;
  static constexpr unsigned kPlaceShift = 52;
  static constexpr std::uint64_t kShared = std::uint64_t{1} << 55;

  static constexpr NptEntry notPresent(PagePlace place, std::uint64_t slot) {
    return NptEntry((static_cast<std::uint64_t>(place) << kPlaceShift) | (slot << kPageShift & kNumber));
  }

  std::uint64_t raw_ = 0;
};
static_assert(sizeof(NptEntry) == 8);
static_assert(NptEntry().place() == PagePlace::Untouched && !NptEntry().present());
static_assert(NptEntry::swapped(77).place() == PagePlace::Swapped && NptEntry::swapped(77).slot() == 77);

}  // namespace overcommit

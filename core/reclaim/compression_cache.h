// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "machine/bit_tree.h"
#include "machine/machine_memory.h"
#include "reclaim/page_compressor.h"

namespace overcommit {

// Whether a page that compresses to a quarter takes a slot of 1 KiB (ESXi 5 and later) or one of 2 KiB like all others (4.1).
enum class QuarterSlots : std::uint8_t { Off, On };

// A page in the compression cache.
struct ZippedPage {
  std::uint64_t slot = 0;    // its place in the cache, for NptEntry::zipped(); below 2^32
  Gfn gfn;                   // whose page it is
  Mfn store;                 // the frame that holds it; 0 if it is same-filled
  std::uint32_t offset = 0;  // where in that frame: a multiple of 1 KiB
  std::uint32_t bytes = 0;   // length of its LZ4 form, 1 to 2048; 0 if it is same-filled and therefore nowhere
  [[nodiscard]] bool sameFilled() const { return bytes == 0; }
  friend bool operator==(const ZippedPage&, const ZippedPage&) = default;
};

// Why a page was not taken in.
enum class ZipRefusal : std::uint8_t {
  DoesNotFit,  // it does not compress to half a page
  Full,        // no slot is free, and the cache may have no further frame: make room by removing the oldest page
  NoFrame,     // no slot is free, and the machine has no further frame
};

// The compression cache of one VM: pages that were about to be swapped out, as LZ4 blocks in slots of machine frames. Each store frame
// of 4 KiB is cut into slots of 1 KiB and 2 KiB as they come; one of 2 KiB begins at 0 or 2048:
//
//         0       1024    2048    3072    4096
//   frame | 1 KiB | free  |     2 KiB     |        room for one more slot of 1 KiB
//
// A page goes to the first frame that has room for it, in an order that frames keep as long as they are in use, so that the last ones
// empty out; there to a quarter whose neighbour is in use, before one that breaks a free half. Same-filled pages take no slot, and are
// never the oldest page: to evict one would make no room.
//
// Always true: no two slots overlap; every store frame has a slot in use (the last one to go releases it); the oldest page is the one in
// a slot that was zipped first. Everything depends on the sequence of calls alone. No step takes longer the more pages there are, but for
// the few levels of a BitTree and the growth of tables. Beside its frames the cache keeps 32 bytes a page, of the host's own memory.
class CompressionCache {
 public:
  CompressionCache(MachineMemory& machine, VmId vm, QuarterSlots quarterSlots) : machine_(&machine), vm_(vm), quarterSlots_(quarterSlots) {}

  // Copies a compressed page into a slot. Takes a store frame if no other has room, there are fewer than `mostFrames`, and one is free.
  // After Full the same compressed page may be placed again once oldest() was removed, as often as needed.
  struct Placed {
    ZippedPage page;
    bool tookFrame = false;  // page.store was free before
  };
  [[nodiscard]] tl::expected<Placed, ZipRefusal> place(Gfn gfn, const CompressedPage& compressed, Pages mostFrames);

  // What a slot holds, decompressed. Changes nothing, so that displays may use it. An error if the store frame does not hold a page or,
  // under audit, not what was written to it (its XXH3 differs); `page` is undefined then, and the slot stays in use.
  Result<void> read(std::uint64_t slot, std::span<std::byte, kPageSize> page) const;

  // Frees a slot. Returns the store frame that has no slot left and was released.
  std::optional<Mfn> remove(std::uint64_t slot);

  [[nodiscard]] bool uses(std::uint64_t slot) const { return slot < entries_.size() && entries_[slot].frame != kNone; }
  [[nodiscard]] ZippedPage at(std::uint64_t slot) const;  // of a slot in use
  // The pages in a store frame, by offset; none if it is no frame of this cache. Looks at all pages: for displays.
  [[nodiscard]] std::vector<ZippedPage> pagesIn(Mfn store) const;
  // Of the slot that a page of this cache takes: 1 or 2 KiB, or nothing.
  [[nodiscard]] Bytes slotBytesOf(const ZippedPage& page) const {
    return page.sameFilled() ? Bytes(0) : Bytes(takesQuarter(page.bytes) ? kQuarter : 2 * kQuarter);
  }
  // Of the pages in store frames, the one zipped the longest ago: a touch unzips a page, so none of them was touched since.
  [[nodiscard]] std::optional<Gfn> oldest() const;
  // The one behind it in this order, of a page in a store frame, given by its slot.
  [[nodiscard]] std::optional<Gfn> nextOldest(std::uint64_t slot) const;

  [[nodiscard]] Pages pages() const { return pages_; }                      // guest pages in the cache
  [[nodiscard]] Pages sameFilled() const { return sameFilled_; }            // of which these take no slot
  [[nodiscard]] Pages frames() const { return frameCount_; }                // store frames
  [[nodiscard]] Bytes used() const { return Bytes(quarters_ * kQuarter); }  // slots in use
  [[nodiscard]] Bytes saved() const { return bytesOf(pages_ - frames()); }  // never negative: each frame holds a page or more

  // The first contradiction between slots, frames, order and counts, in words. Does not look at contents: read() does.
  [[nodiscard]] std::optional<std::string> audit() const;

 private:
  static constexpr std::uint32_t kQuarter = kPageSize / 4;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0}, kSameFilled = kNone - 1;
  using Quarters = std::uint32_t;  // of a frame, a bit each

  // What is kept of a zipped page. A slot's number is the index of its entry; of unused ones the last to be freed is used next.
  struct Entry {
    Gfn gfn;
    std::uint64_t content = 0;    // same-filled: the word that fills the page; else, under audit, XXH3 of the stored bytes
    std::uint32_t frame = kNone;  // index in frames_; kSameFilled, or kNone: unused
    // In order of zipping, same-filled pages left out; unused: the next unused one is `newer`.
    std::uint32_t older = kNone, newer = kNone;
    std::uint16_t offset = 0, bytes = 0;
  };
  // A place for a store frame: the first without one takes the next.
  struct StoreFrame {
    Mfn mfn;
    Quarters inUse = 0;  // none: there is no frame here
  };
  // Places of frames_ by what they have room for. Each is in `none`, or in one or both of the others, or full and in no set.
  struct Rooms {
    explicit Rooms(std::size_t places) : none(places), quarter(places), half(places) {}
    void move(std::uint32_t place, Quarters before, Quarters after);
    BitTree none, quarter, half;
  };

  [[nodiscard]] bool takesQuarter(std::size_t bytes) const { return quarterSlots_ == QuarterSlots::On && bytes <= kQuarter; }
  [[nodiscard]] std::uint64_t checksumOf(std::span<const std::byte> bytes) const;
  [[nodiscard]] Quarters quartersOf(std::uint32_t offset, std::size_t bytes) const;
  void setQuarters(std::uint32_t place, Quarters inUse);
  std::uint32_t takePlace();
  std::uint32_t takeEntry();
  void append(std::uint32_t slot);  // to the order
  void unlink(std::uint32_t slot);  // from the order
  [[nodiscard]] std::optional<std::string> auditFrames(std::span<const Quarters> inUse) const;
  [[nodiscard]] std::optional<std::string> auditOrder() const;

  MachineMemory* machine_;
  VmId vm_;
  QuarterSlots quarterSlots_;
  std::vector<Entry> entries_;
  std::uint32_t freeEntry_ = kNone, oldest_ = kNone, newest_ = kNone;
  std::vector<StoreFrame> frames_;
  Rooms rooms_{0};
  Pages pages_, sameFilled_, frameCount_;
  std::uint64_t quarters_ = 0;  // in use, of all frames
};

}  // namespace overcommit

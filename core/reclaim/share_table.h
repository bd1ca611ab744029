// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine_memory.h"

namespace overcommit {

// One frame of the share table ("frame" is W02's word for it): 16 bytes that say what page sharing knows of one machine frame.
//
//                shared                                      hint, ineligible, remembered
//   word 0   0..63  hash                                   0..35  gfn       36..63  hash, bits 36..63
//   word 1   0..1   kind
//            2..31  chain: number + 1 of the next entry of this bucket, 0 = the last; entries of kind 3 are in no chain, and here
//                   it says which they are: 0 ineligible, all bits set remembered
//           32..61  mfn     62  holds a zero page         32..47  vm        48..63  hash, bits 20..35
//
// The reference count of a shared frame is not here: it is the machine frame's own, of 32 bits. ESX has 16 bits in the entry and a
// table of its own for the few frames with more sharers, above all the zero page (W02 section 4.3).
class ShareEntry {
 public:
  // Remembered: in a large page, when it was scanned another page or frame had its hash. It is not found by it, but tried at once when
  // the large page is broken.
  enum class Kind : std::uint8_t { Empty, Hint, Shared, Ineligible, Remembered };
  enum class Holds : std::uint8_t { AnyPage, ZeroPage };

  constexpr ShareEntry() = default;
  static constexpr ShareEntry shared(std::uint64_t hash, Mfn mfn, Holds holds) {
    return {hash, bits(Kind::Shared) | mfn.value() << kHighShift | (holds == Holds::ZeroPage ? kZero : 0)};
  }
  static constexpr ShareEntry hint(std::uint64_t hash, VmId vm, Gfn gfn) { return named(Kind::Hint, hash, vm, gfn); }
  static constexpr ShareEntry ineligible(std::uint64_t hash, VmId vm, Gfn gfn) { return named(Kind::Ineligible, hash, vm, gfn); }
  static constexpr ShareEntry remembered(std::uint64_t hash, VmId vm, Gfn gfn) {
    const ShareEntry entry = ineligible(hash, vm, gfn);
    return {entry.first_, entry.second_ | kChain};
  }

  [[nodiscard]] constexpr Kind kind() const {
    return (second_ & kKind) == kKind && (second_ & kChain) != 0 ? Kind::Remembered : static_cast<Kind>(second_ & kKind);
  }
  [[nodiscard]] constexpr std::optional<Mfn> next() const {
    const std::uint64_t link = (second_ & kChain) >> kChainShift;
    return link == 0 ? std::nullopt : std::optional(Mfn(link - 1));
  }
  [[nodiscard]] constexpr ShareEntry withNext(std::optional<Mfn> next) const {
    return {first_, (second_ & ~kChain) | (next ? next->value() + 1 : 0) << kChainShift};
  }
  // Whole for shared entries; of others its upper 44 bits, the rest 0.
  [[nodiscard]] constexpr std::uint64_t hash() const {
    if (kind() == Kind::Shared) return first_;
    return (first_ & ~kGfn) | second_ >> 48 << 20;
  }
  // Could it be an entry of a page with this hash?
  [[nodiscard]] constexpr bool matches(std::uint64_t hash) const {
    return kind() == Kind::Shared ? first_ == hash : this->hash() == (hash & kKeptOfHash);
  }
  [[nodiscard]] constexpr Mfn mfn() const { return Mfn((second_ & ~kZero) >> kHighShift); }  // shared
  [[nodiscard]] constexpr bool zeroPage() const { return kind() == Kind::Shared && (second_ & kZero) != 0; }
  [[nodiscard]] constexpr VmId vm() const { return VmId(static_cast<std::uint16_t>(second_ >> kHighShift)); }  // not of shared ones
  [[nodiscard]] constexpr Gfn gfn() const { return Gfn(first_ & kGfn); }                                       // not of shared ones
  [[nodiscard]] constexpr bool isOf(VmId vm, Gfn gfn) const { return this->vm() == vm && this->gfn() == gfn; }

 private:
  static constexpr std::uint64_t kKind = 3, kChain = 0xffff'fffcu, kGfn = (std::uint64_t{1} << 36) - 1, kZero = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kKeptOfHash = ~((std::uint64_t{1} << 20) - 1);
  static constexpr unsigned kChainShift = 2, kHighShift = 32;

  constexpr ShareEntry(std::uint64_t first, std::uint64_t second) : first_(first), second_(second) {}
  static constexpr std::uint64_t bits(Kind kind) { return static_cast<std::uint64_t>(kind); }
  static constexpr ShareEntry named(Kind kind, std::uint64_t hash, VmId vm, Gfn gfn) {
    return {(hash & ~kGfn) | gfn.value(), (hash >> 20 & 0xffff) << 48 | std::uint64_t{vm.value()} << kHighShift | bits(kind)};
  }

  std::uint64_t first_ = 0, second_ = 0;
};
static_assert(sizeof(ShareEntry) == 16);
static_assert(ShareEntry::hint(0x1234'5678'9abc'def0, VmId(4095), Gfn(77)).hash() == 0x1234'5678'9ab0'0000);
static_assert(ShareEntry::hint(~std::uint64_t{0}, VmId(4095), Gfn(77)).isOf(VmId(4095), Gfn(77)));
static_assert(ShareEntry::remembered(0, VmId(0), Gfn(0)).kind() == ShareEntry::Kind::Remembered);
static_assert(ShareEntry::ineligible(~std::uint64_t{0}, VmId(4095), Gfn(0)).kind() == ShareEntry::Kind::Ineligible);
static_assert(ShareEntry::shared(1, Mfn(MachineMemory::kMostFrames.value() - 1), ShareEntry::Holds::ZeroPage).mfn().value() ==
              MachineMemory::kMostFrames.value() - 1);

// The one hash table of page sharing: chained, for all VMs, in machine frames of its own (W02 section 4.3 and its Figure 3).
//
//   heads                 entries: number n tells of machine frame n
//   +---+        +--------------------------------+        +--------------------------------------------+
//   | o-+------->| shared  hash 06af..  mfn 5     |------->| hint  hash 06a1..(upper bits)  vm 2  gfn 9 |
//   +---+        +--------------------------------+        +--------------------------------------------+
//   | . |                          in frame 5: the one copy             in frame 8: private, may have changed since
//   +---+
//
// As there is one entry for each machine frame, and only what is in a frame can be shared, the table is never full, a shared frame is
// found by its number without a search, and a page has one hint at most. ESX has a pool of entries instead and so must recycle old
// hints; the price here is that a page which was paged out and in again, to another frame, needs a new hint.
//
// Of pages with equal hashes one at most is a hint. A page of a large page is not shared: if its hash is known it is remembered, else it
// is a hint like others, but gives that up to a page that can be shared.
//
// A hint may be stale: its page has changed, moved or gone. It is found out when the hint is hit, and when the frame is scanned next.
// A shared entry is never stale: who takes the last reference away says so (PageSharing::sharedFrameGone).
//
// 16 bytes an entry and 4 bytes a head, of both as many as machine frames: 0.488 % of the machine, rounded up to a frame. That is
// below 0.5 % for any host of whole 4 MiB, and for any host from 34 MiB on.
class ShareTable {
 public:
  // Frames needed for the table of a host of this size.
  static Pages framesFor(Pages machineFrames);

  // Over frames taken by the caller (exactly framesFor(machine.frames()), use Overhead, zeroed).
  ShareTable(MachineMemory& machine, std::vector<Mfn> frames);

  [[nodiscard]] const std::vector<Mfn>& frames() const { return frames_; }
  [[nodiscard]] ShareEntry entry(Mfn mfn) const;

  // The machine frame whose entry a page with this hash hits: the shared one with the very hash, else a hint that agrees in the bits
  // it has. There is at most one shared entry with a hash, and no hint made of the same hash beside it: whoever has a page with the
  // hash shares it, or declares it ineligible.
  [[nodiscard]] std::optional<Mfn> find(std::uint64_t hash) const;

  // What each makes of the frame's entry replaces what the entry was.
  void insertHint(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn);
  void setIneligible(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn);
  void remember(Mfn mfn, std::uint64_t hash, VmId vm, Gfn gfn);
  void hintToShared(Mfn mfn, std::uint64_t hash, ShareEntry::Holds holds);
  void remove(Mfn mfn);  // nothing happens if the entry is empty
  // All of a VM's entries but shared ones: it goes away. Looks at every entry.
  void removeAllOf(VmId vm);

  [[nodiscard]] std::uint64_t hints() const { return hints_; }
  [[nodiscard]] std::uint64_t hintsOf(VmId vm) const;
  [[nodiscard]] std::uint64_t remembered() const { return remembered_; }
  [[nodiscard]] std::uint64_t rememberedOf(VmId vm) const;
  [[nodiscard]] std::uint64_t sharedFrames() const { return shared_; }

  // The first contradiction between chains, counts and machine frames, in words.
  [[nodiscard]] std::optional<std::string> audit() const;

 private:
  [[nodiscard]] std::uint64_t bucketOf(std::uint64_t hash) const;
  [[nodiscard]] std::optional<Mfn> head(std::uint64_t bucket) const;
  void setHead(std::uint64_t bucket, std::optional<Mfn> mfn);
  void put(Mfn mfn, ShareEntry entry);
  void link(Mfn mfn, ShareEntry entry);
  void unlink(Mfn mfn, ShareEntry entry);
  [[nodiscard]] std::byte* at(std::uint64_t offset) const;

  MachineMemory& machine_;
  std::vector<Mfn> frames_;
  std::vector<std::byte*> bases_;  // of frames_, in the flat mapping
  std::uint64_t entries_;          // = buckets
  std::uint64_t hints_ = 0, remembered_ = 0, shared_ = 0;
  std::vector<std::uint64_t> hintsOf_, rememberedOf_;  // by VM number
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/compression_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hash.h"

namespace overcommit {
namespace {

constexpr std::uint32_t kAllQuarters = 0b1111, kLowerHalf = 0b0011, kUpperHalf = 0b1100;
constexpr std::uint32_t kQuartersAFrame = 4;

bool hasFreeHalf(std::uint32_t inUse) { return (inUse & kLowerHalf) == 0 || (inUse & kUpperHalf) == 0; }

// Where a slot of one quarter goes in a frame that has room for it: a half that is broken already, if there is one.
std::uint32_t freeQuarter(std::uint32_t inUse) {
  for (std::uint32_t quarter = 0; quarter < kQuartersAFrame; ++quarter) {
    const bool neighbourInUse = (inUse >> (quarter ^ 1) & 1) != 0;
    if ((inUse >> quarter & 1) == 0 && neighbourInUse) return quarter;
  }
  return static_cast<std::uint32_t>(std::countr_one(inUse));
}

}  // namespace

CompressionCache::Quarters CompressionCache::quartersOf(std::uint32_t offset, std::size_t bytes) const {
  return (takesQuarter(bytes) ? Quarters{1} : kLowerHalf) << offset / kQuarter;
}

void CompressionCache::setQuarters(Frames::iterator frame, Quarters inUse) {
  const auto [mfn, before] = *frame;
  const auto keep = [mfn = mfn](std::set<Mfn>& frames, bool had, bool has) {
    if (has && !had) frames.insert(mfn);
    if (had && !has) frames.erase(mfn);
  };
  // A frame without slots is about to be filled or released, and in no set.
  keep(room_.quarter, before != 0 && before != kAllQuarters, inUse != 0 && inUse != kAllQuarters);
  keep(room_.half, before != 0 && hasFreeHalf(before), inUse != 0 && hasFreeHalf(inUse));
  quarters_ += static_cast<std::uint64_t>(std::popcount(inUse));
  quarters_ -= static_cast<std::uint64_t>(std::popcount(before));
  frame->second = inUse;
}

std::uint32_t CompressionCache::takeEntry() {
  if (freeEntry_ == kNone) {
    invariant(entries_.size() < kNone, "a VM has fewer than 2^32 pages");
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }
  const std::uint32_t slot = freeEntry_;
  freeEntry_ = entries_[slot].newer;
  entries_[slot] = Entry();
  return slot;
}

void CompressionCache::append(std::uint32_t slot) {
  entries_[slot].older = newest_;
  (newest_ == kNone ? oldest_ : entries_[newest_].newer) = slot;
  newest_ = slot;
}

void CompressionCache::unlink(std::uint32_t slot) {
  const Entry& entry = entries_[slot];
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
}

tl::expected<CompressionCache::Placed, ZipRefusal> CompressionCache::place(Gfn gfn, const CompressedPage& compressed, Pages mostFrames) {
  if (compressed.form == CompressedPage::Form::TooLong) return tl::unexpected(ZipRefusal::DoesNotFit);
  if (compressed.form == CompressedPage::Form::SameFilled) {
    const std::uint32_t slot = takeEntry();
    Entry& entry = entries_[slot];
    entry.gfn = gfn;
    entry.content = compressed.word;
    entry.used = true;
    pages_ += Pages(1);
    sameFilled_ += Pages(1);
    return Placed{at(slot), false};
  }

  const std::span<const std::byte> bytes = compressed.bytes;
  invariant(!bytes.empty() && bytes.size() <= CompressedPage::kMostBytes, "a compressed page takes half a page at most");
  const std::set<Mfn>& room = takesQuarter(bytes.size()) ? room_.quarter : room_.half;
  const bool takesFrame = room.empty();
  Frames::iterator frame;
  if (!takesFrame) {
    frame = frames_.find(*room.begin());
  } else {
    if (frames() >= mostFrames) return tl::unexpected(ZipRefusal::Full);
    const auto mfn = machine_->takeZipStore(vm_);
    if (!mfn) return tl::unexpected(ZipRefusal::NoFrame);
    frame = frames_.emplace(*mfn, Quarters{0}).first;
  }
  const std::uint32_t quarter = takesQuarter(bytes.size())          ? freeQuarter(frame->second)
                                : (frame->second & kLowerHalf) == 0 ? 0
                                                                    : kQuartersAFrame / 2;

  const std::uint32_t slot = takeEntry();
  Entry& entry = entries_[slot];
  entry.gfn = gfn;
  entry.store = frame->first;
  entry.content = hash64(bytes);
  entry.offset = static_cast<std::uint16_t>(quarter * kQuarter);
  entry.bytes = static_cast<std::uint16_t>(bytes.size());
  entry.used = true;
  std::memcpy(machine_->bytes(entry.store).data() + entry.offset, bytes.data(), bytes.size());
  setQuarters(frame, frame->second | quartersOf(entry.offset, entry.bytes));
  append(slot);
  pages_ += Pages(1);
  return Placed{at(slot), takesFrame};
}

Result<void> CompressionCache::read(std::uint64_t slot, std::span<std::byte, kPageSize> page) const {
  invariant(uses(slot), "only used slots of a compression cache are read");
  const Entry& entry = entries_[slot];
  if (entry.bytes == 0) {
    for (std::size_t at = 0; at < kPageSize; at += sizeof entry.content)
      std::memcpy(page.data() + at, &entry.content, sizeof entry.content);
    return {};
  }
  const MachineMemory& machine = *machine_;
  const auto bytes = machine.bytes(entry.store).subspan(entry.offset, entry.bytes);
  if (hash64(bytes) != entry.content) {
    return failure("gfn {:#x} cannot be decompressed: frame {:#x} of the compression cache does not hold what was written to it",
                   entry.gfn.value(), entry.store.value());
  }
  if (!PageCompressor::expand(bytes, page)) {
    return failure("gfn {:#x} cannot be decompressed: frame {:#x} of the compression cache does not hold a page at {}", entry.gfn.value(),
                   entry.store.value(), entry.offset);
  }
  return {};
}

std::optional<Mfn> CompressionCache::remove(std::uint64_t slot) {
  invariant(uses(slot), "only used slots of a compression cache are freed");
  const auto index = static_cast<std::uint32_t>(slot);
  Entry& entry = entries_[slot];
  std::optional<Mfn> released;
  if (entry.bytes == 0) {
    sameFilled_ -= Pages(1);
  } else {
    unlink(index);
    const auto frame = frames_.find(entry.store);
    setQuarters(frame, frame->second & ~quartersOf(entry.offset, entry.bytes));
    if (frame->second == 0) {
      released = entry.store;
      frames_.erase(frame);
      machine_->release(*released);
    }
  }
  pages_ -= Pages(1);
  entry.used = false;
  entry.newer = freeEntry_;
  freeEntry_ = index;
  return released;
}

ZippedPage CompressionCache::at(std::uint64_t slot) const {
  invariant(uses(slot), "only used slots of a compression cache are asked for");
  const Entry& entry = entries_[slot];
  return {slot, entry.gfn, entry.store, entry.offset, entry.bytes};
}

std::optional<Gfn> CompressionCache::oldest() const {
  if (oldest_ == kNone) return std::nullopt;
  return entries_[oldest_].gfn;
}

std::optional<std::string> CompressionCache::audit() const {
  Frames frames;
  Pages pages, sameFilled;
  std::set<Gfn> gfns;
  for (std::size_t slot = 0; slot < entries_.size(); ++slot) {
    const Entry& entry = entries_[slot];
    if (!entry.used) continue;
    pages += Pages(1);
    if (!gfns.insert(entry.gfn).second) return fmt::format("gfn {:#x} is twice in the compression cache", entry.gfn.value());
    if (entry.bytes == 0) {
      sameFilled += Pages(1);
      continue;
    }
    const std::uint32_t aligned = takesQuarter(entry.bytes) ? kQuarter : 2 * kQuarter;
    if (entry.bytes > CompressedPage::kMostBytes || entry.offset % aligned != 0 || entry.offset + aligned > kPageSize)
      return fmt::format("slot {} of the compression cache is {} bytes at {}", slot, entry.bytes, entry.offset);
    Quarters& inUse = frames[entry.store];
    const Quarters quarters = quartersOf(entry.offset, entry.bytes);
    if ((inUse & quarters) != 0) return fmt::format("two slots of the compression cache overlap in frame {:#x}", entry.store.value());
    inUse |= quarters;
  }
  if (frames != frames_) return "the store frames of the compression cache are not those of its slots";
  if (pages != pages_ || sameFilled != sameFilled_) return "the counts of the compression cache are not those of its pages";
  Room room;
  std::uint64_t quarters = 0;
  for (const auto& [mfn, inUse] : frames_) {
    const Frame& frame = machine_->frame(mfn);
    if (frame.use != FrameUse::ZipStore || frame.vm != vm_)
      return fmt::format("frame {:#x} of the compression cache is {} in the machine", mfn.value(), nameOf(frame.use));
    quarters += static_cast<std::uint64_t>(std::popcount(inUse));
    if (inUse != kAllQuarters) room.quarter.insert(mfn);
    if (hasFreeHalf(inUse)) room.half.insert(mfn);
  }
  if (room != room_ || quarters != quarters_) return "the free slots of the compression cache are not those of its frames";
  return auditOrder();
}

std::optional<std::string> CompressionCache::auditOrder() const {
  Pages pages;
  std::uint32_t before = kNone;
  for (std::uint32_t slot = oldest_; slot != kNone; before = slot, slot = entries_[slot].newer) {
    const Entry& entry = entries_[slot];
    pages += Pages(1);
    if (!entry.used || entry.bytes == 0 || entry.older != before || pages > pages_)
      return fmt::format("slot {} of the compression cache is out of order", slot);
  }
  if (before != newest_ || pages != pages_ - sameFilled_) return "the order of the compression cache is not that of its pages";
  return std::nullopt;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reclaim/compression_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

#include "base/hash.h"

namespace overcommit {
namespace {

constexpr std::uint32_t kAllQuarters = 0b1111, kLowerHalf = 0b0011, kUpperHalf = 0b1100;
constexpr std::uint32_t kQuartersAFrame = 4;

// Whether there is a frame that has a slot of this size.
bool hasQuarter(std::uint32_t inUse) { return inUse != 0 && inUse != kAllQuarters; }
bool hasHalf(std::uint32_t inUse) { return inUse != 0 && ((inUse & kLowerHalf) == 0 || (inUse & kUpperHalf) == 0); }

// Where a slot of one quarter goes in a frame that has room for it: a half that is broken already, if there is one.
std::uint32_t freeQuarter(std::uint32_t inUse) {
  for (std::uint32_t quarter = 0; quarter < kQuartersAFrame; ++quarter) {
    const bool neighbourInUse = (inUse >> (quarter ^ 1) & 1) != 0;
    if ((inUse >> quarter & 1) == 0 && neighbourInUse) return quarter;
  }
  return static_cast<std::uint32_t>(std::countr_one(inUse));
}

// The first quarter of the free half where one of two quarters goes.
std::uint32_t freeHalf(std::uint32_t inUse) { return (inUse & kLowerHalf) == 0 ? 0 : kQuartersAFrame / 2; }

}  // namespace

CompressionCache::Quarters CompressionCache::quartersOf(std::uint32_t offset, std::size_t bytes) const {
  return (takesQuarter(bytes) ? Quarters{1} : kLowerHalf) << offset / kQuarter;
}

void CompressionCache::Rooms::move(std::uint32_t place, Quarters before, Quarters after) {
  const auto keep = [place](BitTree& places, bool had, bool has) {
    if (has && !had) places.insert(place);
    if (had && !has) places.erase(place);
  };
  keep(none, before == 0, after == 0);
  keep(quarter, hasQuarter(before), hasQuarter(after));
  keep(half, hasHalf(before), hasHalf(after));
}

void CompressionCache::setQuarters(std::uint32_t place, Quarters inUse) {
  StoreFrame& frame = frames_[place];
  rooms_.move(place, frame.inUse, inUse);
  quarters_ += static_cast<std::uint64_t>(std::popcount(inUse));
  quarters_ -= static_cast<std::uint64_t>(std::popcount(frame.inUse));
  frame.inUse = inUse;
}

// A place without a frame. There are 64, or twice as many each time they run out.
std::uint32_t CompressionCache::takePlace() {
  if (!rooms_.none.lowest()) {
    const std::size_t before = frames_.size();
    frames_.resize(std::max<std::size_t>(64, 2 * before));
    rooms_ = Rooms(frames_.size());
    for (std::uint32_t place = 0; place < frames_.size(); ++place) rooms_.move(place, kAllQuarters, frames_[place].inUse);
  }
  return static_cast<std::uint32_t>(*rooms_.none.lowest());
}

std::uint32_t CompressionCache::takeEntry() {
  if (freeEntry_ == kNone) {
    invariant(entries_.size() < kSameFilled, "a VM has fewer than 2^32 pages");
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
    entries_[slot].gfn = gfn;
    entries_[slot].content = compressed.word;
    entries_[slot].frame = kSameFilled;
    pages_ += Pages(1);
    sameFilled_ += Pages(1);
    return Placed{at(slot), false};
  }

  const std::span<const std::byte> bytes = compressed.bytes;
  invariant(!bytes.empty() && bytes.size() <= CompressedPage::kMostBytes, "a compressed page takes half a page at most");
  const bool inQuarter = takesQuarter(bytes.size());
  const auto room = (inQuarter ? rooms_.quarter : rooms_.half).lowest();
  std::uint32_t place = 0;
  if (room) {
    place = static_cast<std::uint32_t>(*room);
  } else {
    if (frames() >= mostFrames) return tl::unexpected(ZipRefusal::Full);
    const auto mfn = machine_->takeZipStore(vm_);
    if (!mfn) return tl::unexpected(ZipRefusal::NoFrame);
    place = takePlace();
    frames_[place].mfn = *mfn;
    frameCount_ += Pages(1);
  }
  const StoreFrame frame = frames_[place];

  const std::uint32_t slot = takeEntry();
  Entry& entry = entries_[slot];
  entry.gfn = gfn;
  entry.frame = place;
  entry.content = checksumOf(bytes);
  entry.offset = static_cast<std::uint16_t>((inQuarter ? freeQuarter(frame.inUse) : freeHalf(frame.inUse)) * kQuarter);
  entry.bytes = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(machine_->bytes(frame.mfn).data() + entry.offset, bytes.data(), bytes.size());
  setQuarters(place, frame.inUse | quartersOf(entry.offset, entry.bytes));
  append(slot);
  pages_ += Pages(1);
  return Placed{at(slot), !room};
}

std::uint64_t CompressionCache::checksumOf(std::span<const std::byte> bytes) const {
  return machine_->freedFrames() == FreedFrames::FillWithJunk ? hash64(bytes) : 0;
}

Result<void> CompressionCache::read(std::uint64_t slot, std::span<std::byte, kPageSize> page) const {
  invariant(uses(slot), "only used slots of a compression cache are read");
  const Entry& entry = entries_[slot];
  if (entry.frame == kSameFilled) {
    for (std::size_t at = 0; at < kPageSize; at += sizeof entry.content)
      std::memcpy(page.data() + at, &entry.content, sizeof entry.content);
    return {};
  }
  const MachineMemory& machine = *machine_;
  const auto bytes = machine.bytes(frames_[entry.frame].mfn).subspan(entry.offset, entry.bytes);
  if (checksumOf(bytes) != entry.content) {
    return failure("gfn {:#x} cannot be decompressed: frame {:#x} of the compression cache does not hold what was written to it",
                   entry.gfn.value(), frames_[entry.frame].mfn.value());
  }
  if (!PageCompressor::expand(bytes, page)) {
    return failure("gfn {:#x} cannot be decompressed: frame {:#x} of the compression cache does not hold a page at {}", entry.gfn.value(),
                   frames_[entry.frame].mfn.value(), entry.offset);
  }
  return {};
}

std::optional<Mfn> CompressionCache::remove(std::uint64_t slot) {
  invariant(uses(slot), "only used slots of a compression cache are freed");
  const auto index = static_cast<std::uint32_t>(slot);
  Entry& entry = entries_[slot];
  std::optional<Mfn> released;
  if (entry.frame == kSameFilled) {
    sameFilled_ -= Pages(1);
  } else {
    unlink(index);
    setQuarters(entry.frame, frames_[entry.frame].inUse & ~quartersOf(entry.offset, entry.bytes));
    if (frames_[entry.frame].inUse == 0) {
      released = frames_[entry.frame].mfn;
      machine_->release(*released);
      frameCount_ -= Pages(1);
    }
  }
  pages_ -= Pages(1);
  entry.frame = kNone;
  entry.newer = freeEntry_;
  freeEntry_ = index;
  return released;
}

ZippedPage CompressionCache::at(std::uint64_t slot) const {
  invariant(uses(slot), "only used slots of a compression cache are asked for");
  const Entry& entry = entries_[slot];
  if (entry.frame == kSameFilled) return {slot, entry.gfn, Mfn(), 0, 0};
  return {slot, entry.gfn, frames_[entry.frame].mfn, entry.offset, entry.bytes};
}

std::vector<ZippedPage> CompressionCache::pagesIn(Mfn store) const {
  std::vector<ZippedPage> pages;
  for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) {
    const std::uint32_t frame = entries_[slot].frame;
    if (frame != kNone && frame != kSameFilled && frames_[frame].mfn == store) pages.push_back(at(slot));
  }
  std::ranges::sort(pages, {}, &ZippedPage::offset);
  return pages;
}

std::optional<Gfn> CompressionCache::oldest() const {
  if (oldest_ == kNone) return std::nullopt;
  return entries_[oldest_].gfn;
}

std::optional<Gfn> CompressionCache::nextOldest(std::uint64_t slot) const {
  invariant(uses(slot) && entries_[slot].frame != kSameFilled, "only pages in store frames have an order");
  const std::uint32_t newer = entries_[slot].newer;
  return newer == kNone ? std::nullopt : std::optional(entries_[newer].gfn);
}

std::optional<std::string> CompressionCache::audit() const {
  std::vector<Quarters> inUse(frames_.size());
  Pages pages, sameFilled;
  std::set<Gfn> gfns;
  for (std::size_t slot = 0; slot < entries_.size(); ++slot) {
    const Entry& entry = entries_[slot];
    if (entry.frame == kNone) continue;
    pages += Pages(1);
    if (!gfns.insert(entry.gfn).second) return fmt::format("gfn {:#x} is twice in the compression cache", entry.gfn.value());
    if (entry.frame == kSameFilled) {
      sameFilled += Pages(1);
      continue;
    }
    const std::uint32_t size = takesQuarter(entry.bytes) ? kQuarter : 2 * kQuarter;
    if (entry.frame >= frames_.size() || entry.bytes == 0 || entry.bytes > size || entry.offset % size != 0 || entry.offset >= kPageSize)
      return fmt::format("slot {} of the compression cache is {} bytes at {}", slot, entry.bytes, entry.offset);
    const Quarters quarters = quartersOf(entry.offset, entry.bytes);
    if ((inUse[entry.frame] & quarters) != 0)
      return fmt::format("two slots of the compression cache overlap in frame {:#x}", frames_[entry.frame].mfn.value());
    inUse[entry.frame] |= quarters;
  }
  if (pages != pages_ || sameFilled != sameFilled_) return "the counts of the compression cache are not those of its pages";
  if (auto wrong = auditFrames(inUse)) return wrong;
  return auditOrder();
}

// `inUse`: by place, as the slots say.
std::optional<std::string> CompressionCache::auditFrames(std::span<const Quarters> inUse) const {
  Pages count;
  std::uint64_t quarters = 0;
  std::set<Mfn> mfns;
  for (std::size_t place = 0; place < frames_.size(); ++place) {
    const auto& [mfn, had] = frames_[place];
    if (had != inUse[place]) return fmt::format("frame {:#x} of the compression cache has other slots than its pages", mfn.value());
    if (rooms_.none.contains(place) != (had == 0) || rooms_.quarter.contains(place) != hasQuarter(had) ||
        rooms_.half.contains(place) != hasHalf(had))
      return fmt::format("frame {:#x} of the compression cache has other room than is known", mfn.value());
    if (had == 0) continue;
    count += Pages(1);
    quarters += static_cast<std::uint64_t>(std::popcount(had));
    if (!mfns.insert(mfn).second) return fmt::format("frame {:#x} is twice in the compression cache", mfn.value());
    const Frame& frame = machine_->frame(mfn);
    if (frame.use != FrameUse::ZipStore || frame.vm != vm_)
      return fmt::format("frame {:#x} of the compression cache is {} in the machine", mfn.value(), nameOf(frame.use));
  }
  if (count != frameCount_ || quarters != quarters_) return "the counts of the compression cache are not those of its frames";
  return std::nullopt;
}

std::optional<std::string> CompressionCache::auditOrder() const {
  Pages pages;
  std::uint32_t before = kNone;
  for (std::uint32_t slot = oldest_; slot != kNone; before = slot, slot = entries_[slot].newer) {
    const Entry& entry = entries_[slot];
    pages += Pages(1);
    if (entry.frame == kNone || entry.frame == kSameFilled || entry.older != before || pages > pages_)
      return fmt::format("slot {} of the compression cache is out of order", slot);
  }
  if (before != newest_ || pages != pages_ - sameFilled_) return "the order of the compression cache is not that of its pages";
  return std::nullopt;
}

}  // namespace overcommit

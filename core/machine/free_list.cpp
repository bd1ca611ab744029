// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/free_list.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace overcommit {
namespace {

constexpr std::uint64_t kAllFree = ~std::uint64_t{0};
// Guest frames beyond 4 TiB get no block of their own: the table by gfn would grow without bound.
constexpr std::uint64_t kMostGuestBlocks = std::uint64_t{1} << 24;

constexpr std::uint64_t blocksFor(std::uint64_t frames) { return (frames + FreeList::kBlockFrames - 1) / FreeList::kBlockFrames; }
constexpr std::uint64_t groupsFor(std::uint64_t frames) {
  return (blocksFor(frames) + FreeList::kGroupBlocks - 1) / FreeList::kGroupBlocks;
}

}  // namespace

FreeList::FreeList(Pages frames)
    : blocks_(blocksFor(frames.value())),
      whole_(blocksFor(frames.value())),
      wholeGroups_(groupsFor(frames.value())),
      loose_(blocksFor(frames.value())),
      reserved_(blocksFor(frames.value())),
      wholeInGroup_(groupsFor(frames.value())),
      frames_(frames),
      count_(frames) {
  for (std::uint64_t block = 0; block < blocks_.size(); ++block) {
    const std::uint64_t there = std::min(kBlockFrames, frames.value() - block * kBlockFrames);
    blocks_[block].free = there == kBlockFrames ? kAllFree : (std::uint64_t{1} << there) - 1;
    refresh(block);
  }
}

bool FreeList::contains(Mfn mfn) const {
  return mfn.value() < frames_.value() && (blocks_[mfn.value() / kBlockFrames].free >> (mfn.value() % kBlockFrames) & 1) != 0;
}

std::optional<Mfn> FreeList::takeFor(VmId vm, Gfn gfn) {
  if (count_ == Pages(0)) return std::nullopt;
  if (vms_.size() <= vm.value()) vms_.resize(std::size_t{vm.value()} + 1);

  if (const auto block = setAside(vm, gfn.value() / kBlockFrames)) {
    const Mfn place(*block * kBlockFrames + gfn.value() % kBlockFrames);
    if (contains(place)) return take(place);
  }

  Vm& mine = vms_[vm.value()];
  std::optional<Mfn> found;
  if (mine.lastGfn && gfn == mine.lastGfn->next() && contains(mine.lastMfn.next())) found = mine.lastMfn.next();
  if (!found) found = lowestIn(loose_);
  if (!found) found = lowestIn(whole_);
  if (!found) found = lowestIn(reserved_);
  invariant(found.has_value(), "a free frame is in one of the sets of blocks");
  mine.lastGfn = gfn;
  mine.lastMfn = *found;
  return take(*found);
}

std::optional<Mfn> FreeList::takeGroupFor(VmId vm, Gfn first) {
  const auto group = wholeGroups_.lowest();
  const std::uint64_t gfnBlock = first.value() / kBlockFrames;
  if (!group || gfnBlock + kGroupBlocks > kMostGuestBlocks) return std::nullopt;
  if (vms_.size() <= vm.value()) vms_.resize(std::size_t{vm.value()} + 1);
  Vm& mine = vms_[vm.value()];
  if (mine.blockOf.size() < gfnBlock + kGroupBlocks) mine.blockOf.resize(gfnBlock + kGroupBlocks);
  for (std::uint64_t i = 0; i < kGroupBlocks; ++i) {
    // A block that was set aside for these guest frames, which all are gone by now, goes back to everybody.
    if (const std::uint32_t old = mine.blockOf[gfnBlock + i]; old != 0) disown(old - 1);
    const std::uint64_t block = *group * kGroupBlocks + i;
    blocks_[block].free = 0;
    count_ -= Pages(kBlockFrames);
    own(block, vm, gfnBlock + i);
  }
  return Mfn(*group * kGroupBlocks * kBlockFrames);
}

std::optional<Mfn> FreeList::takeAnywhere() {
  for (const BitTree* set : {&loose_, &whole_, &reserved_}) {
    if (const auto found = lowestIn(*set)) return take(*found);
  }
  return std::nullopt;
}

void FreeList::put(Mfn mfn) {
  invariant(mfn.value() < frames_.value() && !contains(mfn), "a frame that becomes free was in use");
  const std::uint64_t index = mfn.value() / kBlockFrames;
  Block& block = blocks_[index];
  block.free |= std::uint64_t{1} << (mfn.value() % kBlockFrames);
  count_ += Pages(1);
  if (block.free == kAllFree && block.owner != kNoVm) {
    disown(index);
  } else {
    refresh(index);
  }
}

void FreeList::own(std::uint64_t block, VmId vm, std::uint64_t gfnBlock) {
  vms_[vm.value()].blockOf[gfnBlock] = static_cast<std::uint32_t>(block + 1);
  blocks_[block].owner = vm;
  blocks_[block].gfnBlock = static_cast<std::uint32_t>(gfnBlock);
  refresh(block);
}

void FreeList::disown(std::uint64_t index) {
  Block& block = blocks_[index];
  vms_[block.owner.value()].blockOf[block.gfnBlock] = 0;
  block.owner = kNoVm;
  refresh(index);
}

Mfn FreeList::take(Mfn mfn) {
  const std::uint64_t block = mfn.value() / kBlockFrames;
  blocks_[block].free &= ~(std::uint64_t{1} << (mfn.value() % kBlockFrames));
  count_ -= Pages(1);
  refresh(block);
  return mfn;
}

std::optional<Mfn> FreeList::lowestIn(const BitTree& set) const {
  const auto block = set.lowest();
  if (!block) return std::nullopt;
  return Mfn(*block * kBlockFrames + static_cast<std::uint64_t>(std::countr_zero(blocks_[*block].free)));
}

// The block that belongs to these 64 guest frames, found or set aside now; nothing if no whole block is left.
std::optional<std::uint64_t> FreeList::setAside(VmId vm, std::uint64_t gfnBlock) {
  if (gfnBlock >= kMostGuestBlocks) return std::nullopt;
  Vm& mine = vms_[vm.value()];
  if (gfnBlock < mine.blockOf.size() && mine.blockOf[gfnBlock] != 0) return mine.blockOf[gfnBlock] - 1;
  const auto block = chooseBlock(mine, gfnBlock);
  if (!block) return std::nullopt;
  if (mine.blockOf.size() <= gfnBlock) mine.blockOf.resize(gfnBlock + 1);
  own(*block, vm, gfnBlock);
  return block;
}

// Best the place beside another block of the same 2 MiB of guest memory, else the same place in an untouched group, else any.
std::optional<std::uint64_t> FreeList::chooseBlock(const Vm& vm, std::uint64_t gfnBlock) const {
  const std::uint64_t place = gfnBlock % kGroupBlocks, first = gfnBlock - place;
  for (std::uint64_t other = 0; other < kGroupBlocks && first + other < vm.blockOf.size(); ++other) {
    if (vm.blockOf[first + other] == 0) continue;
    const std::uint64_t block = vm.blockOf[first + other] - 1;
    if (block % kGroupBlocks != other) continue;
    if (whole_.contains(block - other + place)) return block - other + place;
  }
  if (const auto group = wholeGroups_.lowest()) return *group * kGroupBlocks + place;
  return whole_.lowest();
}

void FreeList::refresh(std::uint64_t index) {
  Block& block = blocks_[index];
  const Set now = block.free == 0 ? Set::None : block.owner != kNoVm ? Set::Reserved : block.free == kAllFree ? Set::Whole : Set::Loose;
  if (now == block.set) return;
  const std::uint64_t group = index / kGroupBlocks;
  if (block.set == Set::Whole && wholeInGroup_[group]-- == kGroupBlocks) wholeGroups_.erase(group);
  if (BitTree* tree = treeOf(block.set)) tree->erase(index);
  block.set = now;
  if (BitTree* tree = treeOf(now)) tree->insert(index);
  if (now == Set::Whole && ++wholeInGroup_[group] == kGroupBlocks) wholeGroups_.insert(group);
}

BitTree* FreeList::treeOf(Set set) {
  switch (set) {
    case Set::None: return nullptr;
    case Set::Whole: return &whole_;
    case Set::Loose: return &loose_;
    case Set::Reserved: return &reserved_;
  }
  return nullptr;
}

}  // namespace overcommit

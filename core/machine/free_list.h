// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "machine/bit_tree.h"

namespace overcommit {

// Which frames are free, and which of them to hand out next.
//
// Machine memory is seen as blocks of 64 frames and groups of 8 blocks (2 MiB). The first frame that a VM takes for any of 64
// consecutive guest frames sets a whole free block aside for them, and each guest frame then gets its own place in that block:
//
//   guest frames   | 64 | 65 | 66 | ... | 127 |        whatever the order of first touches,
//   block 9        |576 |577 |578 | ... | 639 |        neighbours end up next to each other
//
// So window mappings of neighbours merge. A large page takes a whole group. A block set aside is a wish,
// not a right: its free frames still count as free, and are handed to anybody once nothing else is left.
//
// Always true: a block is in at most one of the three sets below, and in none if it has no free frame. Every choice depends on
// the sequence of calls alone, and takes a handful of steps however full and fragmented the machine is.
class FreeList {
 public:
  explicit FreeList(Pages frames);

  [[nodiscard]] Pages count() const { return count_; }
  [[nodiscard]] bool contains(Mfn mfn) const;
  [[nodiscard]] std::uint64_t freeOf(std::uint64_t block) const { return blocks_[block].free; }  // of its 64 frames, a bit each

  std::optional<Mfn> takeFor(VmId vm, Gfn gfn);  // near the neighbours of `gfn`
  std::optional<Mfn> takeAnywhere();             // tables and stores: packed together
  // All frames of a group, for the 2 MiB of the guest at `first`, of which the VM has no frame: the first one. Nothing if no group is
  // whole and set aside for nobody. The blocks are set aside for these guest frames, so that one that is taken away and touched again
  // gets its old place.
  std::optional<Mfn> takeGroupFor(VmId vm, Gfn first);
  void put(Mfn mfn);

  static constexpr std::uint64_t kBlockFrames = 64;
  static constexpr std::uint64_t kGroupBlocks = 8;

 private:
  enum class Set : std::uint8_t { None, Whole, Loose, Reserved };
  struct Block {
    std::uint64_t free = 0;  // one bit a frame
    std::uint32_t gfnBlock = 0;
    VmId owner;  // for whom it is set aside; kNoVm: for nobody
    Set set = Set::None;
  };
  struct Vm {
    std::vector<std::uint32_t> blockOf;  // by gfn / 64: 1 + the block set aside; 0: none
    std::optional<Gfn> lastGfn;          // the last frame taken outside a block set aside ...
    Mfn lastMfn;                         // ... and what it was taken for
  };

  Mfn take(Mfn mfn);
  [[nodiscard]] std::optional<Mfn> lowestIn(const BitTree& set) const;
  std::optional<std::uint64_t> setAside(VmId vm, std::uint64_t gfnBlock);
  void own(std::uint64_t block, VmId vm, std::uint64_t gfnBlock);
  void disown(std::uint64_t block);
  [[nodiscard]] std::optional<std::uint64_t> chooseBlock(const Vm& vm, std::uint64_t gfnBlock) const;
  void refresh(std::uint64_t block);
  BitTree* treeOf(Set set);

  std::vector<Block> blocks_;
  BitTree whole_;        // blocks with all 64 frames free, set aside for nobody
  BitTree wholeGroups_;  // groups whose 8 blocks are all whole
  BitTree loose_;        // other blocks with free frames, set aside for nobody
  BitTree reserved_;     // blocks with free frames, set aside
  std::vector<std::uint8_t> wholeInGroup_;
  std::vector<Vm> vms_;
  Pages frames_;
  Pages count_;
};

}  // namespace overcommit

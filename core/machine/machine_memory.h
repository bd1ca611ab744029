// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "machine/free_list.h"
#include "trace/place.h"

namespace overcommit {

// What is known of one machine frame. The back reference (vm, gfn) is kept for private frames; overhead and zip-store frames
// name their VM only (kNoVm: the host); shared frames have no back reference, as in ESX.
struct Frame {
  FrameUse use = FrameUse::Free;
  VmId vm;
  std::uint32_t references = 0;  // shared frames only, >= 1
  Gfn gfn;
};

// What happens to a freed frame: its memory goes back to the operating system (later, in runs), or, for the audit, it is filled
// with junk so that a use after free shows.
enum class FreedFrames : std::uint8_t { PunchOut, FillWithJunk };

// Machine memory: all frames of the emulated host, one memfd of frames * 4 KiB, mapped flat in the engine.
// Always true: the counts by use add up to frames() (the second law), and a frame that take*() hands out is zeroed.
class MachineMemory {
 public:
  static Result<std::unique_ptr<MachineMemory>> create(Pages frames, FreedFrames freed);
  ~MachineMemory();
  MachineMemory(const MachineMemory&) = delete;
  MachineMemory& operator=(const MachineMemory&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] FreedFrames freedFrames() const { return freed_; }
  [[nodiscard]] Pages frames() const { return frameCount_; }
  // The most frames a machine can have: 4 TiB. Frame numbers fit 30 bits.
  static constexpr Pages kMostFrames = Pages((std::uint64_t{1} << 30) - 1);
  [[nodiscard]] Pages count(FrameUse use) const;
  [[nodiscard]] Pages free() const { return count(FrameUse::Free); }
  [[nodiscard]] const Frame& frame(Mfn mfn) const;

  [[nodiscard]] std::span<std::byte, kPageSize> bytes(Mfn mfn);
  [[nodiscard]] std::span<const std::byte, kPageSize> bytes(Mfn mfn) const;

  // A zeroed frame, or nothing when none is free. Consecutive gfns of a VM get consecutive frames where possible, so that their
  // window mappings merge: each VM draws from runs of its own. Deterministic: depends on the sequence of calls only.
  [[nodiscard]] std::optional<Mfn> takePrivate(VmId vm, Gfn gfn);
  // 512 zeroed frames in a row for the 2 MiB of the guest at `first`, of which the VM has no frame yet; the first one, a multiple of 512.
  // Nothing if no such row is free and set aside for nobody.
  [[nodiscard]] std::optional<Mfn> takeLarge(VmId vm, Gfn first);
  [[nodiscard]] std::optional<Mfn> takeOverhead(VmId vm);
  [[nodiscard]] std::optional<Mfn> takeZipStore(VmId vm);

  // private -> shared with one reference; shared +- 1 (the last drop frees the frame); shared with one reference -> private.
  void makeShared(Mfn mfn);
  void addReference(Mfn mfn);
  std::uint32_t dropReference(Mfn mfn);  // returns the references left
  void makePrivate(Mfn mfn, VmId vm, Gfn gfn);

  void release(Mfn mfn);  // private, overhead or zip store -> free

  // Memory of freed frames goes back to the operating system as holes in the memfd. A hole costs a system call and a flush of the host's
  // TLB, and another fault when its frame is used again: ten times what clearing a frame costs that was kept. So frames are kept at
  // first, and what lies free is given back; and holes that are used in order are filled up to 16 in a row, as a fault for each takes ten
  // times as long
  //   runs of 16 frames or more   when an eighth of the machine waits, or by giveBackIdle()
  //   shorter ones                by giveBackIdle(), a few each time, or by giveBackAll()
  // What the process holds never passes the machine's size, and which frames are handed out depends on none of this.
  //
  // Has the operating system put memory behind a frame in use now, not when it is first touched. Changes nothing else.
  void touch(Mfn mfn) const;

  // To be called now and then, between quanta: gives back what has been free since the last call.
  void giveBackIdle();
  void giveBackAll();
  // What the operating system holds for machine memory at present: frames in use plus freed ones that are kept.
  [[nodiscard]] Bytes resident() const;

  // The first contradiction between the counts, the frames and the free list, in words (the second law).
  [[nodiscard]] std::optional<std::string> audit() const;

 private:
  static constexpr std::uint64_t kChunkFrames = 512;
  using Chunk = std::array<Frame, kChunkFrames>;

  MachineMemory(int fd, std::byte* base, Pages frames, FreedFrames freed);
  [[nodiscard]] Frame& edit(Mfn mfn);
  [[nodiscard]] std::byte* at(Mfn mfn) const { return base_ + mfn.value() * kPageSize; }
  Mfn hand(Mfn mfn, FrameUse use, VmId vm, Gfn gfn);
  void changeUse(Frame& frame, FrameUse use);
  void free(Mfn mfn);
  void clean(Mfn mfn);
  void fillHole(Mfn mfn);
  [[nodiscard]] bool knownZero(Mfn mfn) const { return (zero_[mfn.value() / 64] >> (mfn.value() % 64) & 1) != 0; }
  // Of 64 frames, those that are free but hold memory of the operating system; a bit each.
  [[nodiscard]] std::uint64_t kept(std::uint64_t word) const { return freeList_.freeOf(word) & ~holes_[word]; }
  template <typename Frames>
  void giveBack(Frames frames, std::uint64_t shortRuns);
  void punch(std::uint64_t first, std::uint64_t end);

  int fd_ = -1;
  std::byte* base_ = nullptr;
  Pages frameCount_;
  FreedFrames freed_ = FreedFrames::PunchOut;
  FreeList freeList_;
  std::vector<std::unique_ptr<Chunk>> chunks_;  // a missing chunk: all of its frames were always free
  std::array<Pages, kFrameUses> counts_{};
  // One bit a frame each, by words of 64.
  std::vector<std::uint64_t> zero_;   // free and zero, because not used since it was a hole
  std::vector<std::uint64_t> holes_;  // free, and no memory of the operating system behind it; all of these are zero
  std::vector<std::uint64_t> idle_;   // kept since the last giveBackIdle()
  std::uint64_t kept_ = 0;            // frames that are free but no holes
  std::uint64_t nextGiveBack_;        // so many are looked through for runs
};

}  // namespace overcommit

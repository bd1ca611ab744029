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
#include "machine/bit_tree.h"
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

// What happens to a freed frame: its memory goes back to the operating system (in batches), or, for the audit, it is filled
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
  [[nodiscard]] std::optional<Mfn> takeOverhead(VmId vm);
  [[nodiscard]] std::optional<Mfn> takeZipStore(VmId vm);

  // private -> shared with one reference; shared +- 1 (the last drop frees the frame); shared with one reference -> private.
  void makeShared(Mfn mfn);
  void addReference(Mfn mfn);
  std::uint32_t dropReference(Mfn mfn);  // returns the references left
  void makePrivate(Mfn mfn, VmId vm, Gfn gfn);

  void release(Mfn mfn);  // private, overhead or zip store -> free

  // Gives the memory of freed frames back to the operating system now instead of with the next batch.
  void punchOut();
  // What the operating system holds for machine memory at present: frames in use plus freed ones that wait for a batch.
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
  [[nodiscard]] bool knownZero(Mfn mfn) const { return (zero_[mfn.value() / 64] >> (mfn.value() % 64) & 1) != 0; }

  int fd_ = -1;
  std::byte* base_ = nullptr;
  Pages frameCount_;
  FreedFrames freed_ = FreedFrames::PunchOut;
  FreeList freeList_;
  std::vector<std::unique_ptr<Chunk>> chunks_;  // a missing chunk: all of its frames were always free
  std::array<Pages, kFrameUses> counts_{};
  std::vector<std::uint64_t> zero_;  // one bit a frame: free and zero, because never used or punched out
  BitTree dirtyWords_;               // words of zero_ with frames that are free but not zero
  std::uint64_t dirty_ = 0;          // how many frames those are
};

}  // namespace overcommit

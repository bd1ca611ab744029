// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
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
  [[nodiscard]] Pages frames() const { return Pages(frames_.size()); }
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

 private:
  MachineMemory() = default;
  int fd_ = -1;
  std::vector<Frame> frames_;
};

}  // namespace overcommit

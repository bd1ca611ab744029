// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ids.h"

namespace overcommit {

enum class Protection : std::uint8_t { None, ReadOnly, ReadWrite };

// Whether neighbouring pages that show consecutive frames are one mapping of the process whatever their protection is.
enum class MappingSplit : std::uint8_t { ByProtection, Never };

// How the pages of a window are shown to whoever touches them, and thereby how a miss is noticed.
//
//   signal        page protection of the process's mappings   a miss is SIGSEGV on the thread that touched (nested_fault.h)
//   userfault     page-table entries made one by one           a miss puts the thread to sleep and wakes another (userfault.h)
//
// KVM touches windows from inside the kernel, where there is no SIGSEGV: it needs the second. All functions work on the process's
// address space and return false, or nullptr, if the kernel refuses for want of mappings.
class WindowBacking {
 public:
  virtual ~WindowBacking() = default;

  // Address space in which every touch is a miss: at `at`, replacing what is there, or anywhere.
  virtual std::byte* reserve(std::byte* at, Bytes size) = 0;
  // The frames from `first` on, without protection: touches go on being misses.
  virtual bool mapFrames(std::byte* at, int fd, Mfn first, Pages pages) = 0;
  // One frame with `protection`, which is not None. It is touched right now, so its page-table entry is made at once.
  virtual bool mapPage(std::byte* at, int fd, Mfn mfn, Protection protection) = 0;
  // Changes the protection of a page that shows a frame.
  virtual bool protect(std::byte* at, Protection from, Protection to) = 0;
  [[nodiscard]] virtual MappingSplit split() const = 0;
};

// mmap and mprotect. Has no state: one serves all windows.
WindowBacking& signalBacking();

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"
#include "machine/kernel_calls.h"
#include "machine/window_backing.h"

namespace overcommit {

// A userfaultfd that can do what windows need. The error says what is missing and how to mend it: permission (a device, a group) or a
// kernel that is too old.
Result<OwnedDescriptor> openUserfault(KernelCalls& kernel);

// A window whose misses arrive at a file descriptor, whoever touched: this process, or the kernel on behalf of KVM.
//
//   reserved         private anonymous memory, never filled; a touch is a missing page
//   shows a frame    shared mapping of machine memory, its page-table entries made (UFFDIO_CONTINUE) and taken away
//                    (MADV_DONTNEED) one by one; a touch without an entry is a minor fault
//   read-only        an entry with the write-protect mark (UFFDIO_WRITEPROTECT); a write is a write-protect fault
//
// So protection splits no mapping. What the kernel refuses for another reason than want of mappings loses the window: from then on
// nothing that its guest sees can be relied upon, and lost() says why.
class UserfaultBacking final : public WindowBacking {
 public:
  UserfaultBacking(KernelCalls& kernel, OwnedDescriptor userfault) : kernel_(kernel), userfault_(std::move(userfault)) {}

  std::byte* reserve(std::byte* at, Bytes size) override;
  bool mapFrames(std::byte* at, int fd, Mfn first, Pages pages) override;
  bool mapPage(std::byte* at, int fd, Mfn mfn, Protection protection) override;
  bool protect(std::byte* at, Protection from, Protection to) override;
  [[nodiscard]] MappingSplit split() const override { return MappingSplit::Never; }

  [[nodiscard]] int descriptor() const { return userfault_.get(); }
  [[nodiscard]] const std::optional<std::string>& lost() const { return lost_; }
  void lose(std::string_view action, int error);
  // Whoever waits for the page goes on. Does nothing if nobody does.
  void wake(std::byte* at);
  // Puts plain memory in the place of the whole window and lets everybody go: what is left of its guest runs on nothing.
  void abandon(std::byte* base, Bytes size);

 private:
  void watch(std::byte* at, std::size_t bytes, std::uint64_t modes);
  void enter(std::byte* at, Protection protection);
  void setWriteProtection(std::byte* at, Protection protection);
  [[nodiscard]] int control(unsigned long request, void* argument);

  KernelCalls& kernel_;
  OwnedDescriptor userfault_;
  std::optional<std::string> lost_;
};

}  // namespace overcommit

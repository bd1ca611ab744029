// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

namespace overcommit {

// The system calls through which /dev/kvm and userfaultfd are reached. A seam: tests put kernels in its place that are old, that
// refuse, or that fail in the middle of a run. All return what the system call returns, and set errno.
class KernelCalls {
 public:
  virtual ~KernelCalls() = default;
  virtual int open(const char* path) = 0;  // for reading and writing
  virtual int userfaultfd() = 0;           // one that sees faults from within the kernel, too; non-blocking
  virtual int control(int fd, unsigned long request, void* argument) = 0;
  virtual long read(int fd, void* into, std::size_t bytes) = 0;
};

// Those of the kernel that is there.
KernelCalls& systemCalls();

}  // namespace overcommit

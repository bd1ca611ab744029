// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kernel_calls.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace overcommit {
namespace {

class SystemCalls final : public KernelCalls {
 public:
  int open(const char* path) override { return ::open(path, O_RDWR | O_CLOEXEC); }
  int userfaultfd() override { return static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)); }
  int control(int fd, unsigned long request, void* argument) override { return ::ioctl(fd, request, argument); }
  long read(int fd, void* into, std::size_t bytes) override { return ::read(fd, into, bytes); }
};

}  // namespace

KernelCalls& systemCalls() {
  static SystemCalls calls;
  return calls;
}

}  // namespace overcommit

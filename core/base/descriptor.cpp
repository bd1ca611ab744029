// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/descriptor.h"

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace overcommit {

Result<Pipe> makePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure("cannot make a pipe: {}", systemErrorText(errno));
  return Pipe{OwnedDescriptor(ends[0]), OwnedDescriptor(ends[1])};
}

}  // namespace overcommit

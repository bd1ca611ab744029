// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/vcpu.h"

#include <fmt/format.h>

namespace overcommit {

std::string describePortAccess(std::string_view how, int size, std::uint32_t port) {
  return fmt::format("the guest {} {} byte{} at port {:#x}, which this machine does not have", how, size, size == 1 ? "" : "s", port);
}

}  // namespace overcommit

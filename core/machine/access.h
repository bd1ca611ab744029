// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ids.h"

namespace overcommit {

// What a guest wanted from a page. Instruction fetches count as Read: the emulator reads the code it translates.
enum class Access : std::uint8_t { Read, Write };

// The way to a guest page for everything that is not the guest's own CPU: devices, the loader, the script vCPU. Makes the page
// present for `access` (first touch, break, unzip, swap-in are done and charged to the VM) and returns its bytes in the flat
// mapping of machine memory; nullptr if that failed, after which the VM is dead. The bytes are valid until the next call.
class GuestAccess {
 public:
  virtual ~GuestAccess() = default;
  virtual std::byte* resolve(Gfn gfn, Access access) = 0;
};

}  // namespace overcommit

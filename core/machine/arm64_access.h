// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "machine/access.h"

namespace overcommit {

// Whether an arm64 instruction that faulted on data reads or writes memory. Atomic operations, cache operations and whatever is no load
// count as writes: a write that is taken for a read would fault forever, a read that is taken for a write only breaks a shared page.
// Source: Arm Architecture Reference Manual for A-profile, C4.1 (loads and stores).
Access accessOfArm64(std::uint32_t instruction);

}  // namespace overcommit

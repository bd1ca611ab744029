// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/ids.h"

namespace overcommit {

// This process's resident set: the memory that the operating system holds for it at present. 0 if it does not tell.
Bytes residentSet();

}  // namespace overcommit

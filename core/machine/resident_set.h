// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/ids.h"

namespace overcommit {

// The memory that this process holds for itself: resident anonymous pages. Machine memory is not part of it (its pages belong to a
// memfd, and one that is mapped flat and in a window would count twice). 0 if the operating system does not tell.
Bytes residentSet();

}  // namespace overcommit

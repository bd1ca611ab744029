// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "host/host.h"

namespace overcommit {

// The two-dimensional walk of an address in text: every guest level, the nested levels under it, each memory reference numbered as
// the hardware would make it, flags in words, and where it ends and why.
//
//   guest-virtual address
//     guest level 4 .. 1   each entry lies at a guest-physical address: 4 nested references, then the entry itself
//     the page             a guest-physical address again: 4 nested references
//
// makes 4 * (4 + 1) + 4 = 24 references at most.
std::string walkPicture(const Host::NestedWalk& walk, Gva address);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/ids.h"
#include "policy/profile.h"

namespace overcommit {

// What VMware published as the memory overhead of a VM of this size with one virtual CPU, to be shown beside the frames that this
// engine really uses. Between the sizes of a vintage's table on a straight line, below the smallest its value, above the largest on
// the line of the last two. Rounded down to a byte.
Bytes publishedOverhead(Vintage vintage, Bytes configured);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

// The page size of the machine that this process runs on.
Bytes hostPageSize();

// A guest's pages are shown one by one, so those of the machine must be as large as theirs: 4 KiB. Some arm64 kernels have 16 or 64 KiB.
Result<void> checkHostPages(Bytes pageSize);

}  // namespace overcommit

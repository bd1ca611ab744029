// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "base/error.h"
#include "host/host.h"

namespace overcommit {

// Where the reference guest is: $OVERCOMMIT_GUESTS, else share/overcommit/guests beside the executable's bin, else the source tree
// that the executable was built from. The error names all places where it was looked for.
Result<std::filesystem::path> findReferenceGuest();

// Where swap files go: $OVERCOMMIT_SWAP_DIR, else $TMPDIR, else /var/tmp, which unlike /tmp is on a disk everywhere.
std::filesystem::path swapDirectory();

// What this machine provides for a run. A missing reference guest is an error only if `config` boots it.
Result<HostSurroundings> surroundingsFor(const RunConfig& config);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

#include "base/error.h"
#include "host/host.h"
#include "student/guest_driver.h"

namespace overcommit {

// The source tree that the executable was built from; empty in Debian packages, which know none.
std::filesystem::path sourceTree();

// Where the reference guest is: $OVERCOMMIT_GUESTS, else share/overcommit/guests beside the executable's bin, else the source tree
// that the executable was built from. The error names all places where it was looked for.
Result<std::filesystem::path> findReferenceGuest();

// Where the headers and the Python module of policies are: $OVERCOMMIT_SDK, else share/overcommit/include beside the executable's bin,
// else the source tree's include. Errors as above.
Result<std::filesystem::path> findSdk();

// Where what a balloon driver is compiled and linked with is: the folder that has abi/, kernel/ and prebuilt/ or, installed, the same
// files. $OVERCOMMIT_GUESTS is where the prebuilt kernel is. Errors as above.
Result<GuestSources> findGuestSources();

// Where swap files go: $OVERCOMMIT_SWAP_DIR, else $TMPDIR, else /var/tmp, which unlike /tmp is on a disk everywhere.
std::filesystem::path swapDirectory();

// What this machine provides for a run. A missing reference guest is an error only if `config` boots it.
Result<HostSurroundings> surroundingsFor(const RunConfig& config);

}  // namespace overcommit

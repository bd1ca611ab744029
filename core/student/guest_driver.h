// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "student/confined_process.h"
#include "student/policy_failure.h"
#include "student/workspace.h"

namespace overcommit {

// What a balloon driver is compiled with (abi/ and kernel/ in `folder`), and linked with.
struct GuestSources {
  std::filesystem::path folder;
  std::filesystem::path object;  // kernel-without-balloon.o
};

// A guest kernel with somebody's balloon driver in it. It runs as any guest does: nothing that it does is trusted.
struct BuiltDriver {
  std::string name;                            // of the driver's file
  std::shared_ptr<const Workspace> workspace;  // has the kernel; its hash is the driver's
  std::filesystem::path kernel;                // an ELF file
  std::string warnings;
};

// As guests/build.sh --balloon does it, in confinement. `source`: a .c file, or a folder with balloon.c in it. The compiler is
// $OVERCOMMIT_CC, else gcc. `kept`: what was built before, see BuildStore; "" = nothing.
PolicyResult<BuiltDriver> buildGuestDriver(const std::filesystem::path& source, const GuestSources& sources, const Confinement& confinement,
                                           const std::filesystem::path& kept = {});

}  // namespace overcommit

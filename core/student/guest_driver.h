// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/processor.h"
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

// What makes code for guests, which is x86-64 on every machine: the system's own compiler there, a cross compiler elsewhere.
struct GuestTools {
  std::vector<std::string> compilers, linkers;  // the first that is there is taken
  std::string_view packages;                    // that have them
};
GuestTools guestToolsOn(std::string_view processor);

// As guests/build.sh --balloon does it, in confinement. `source`: a .c file, or a folder with balloon.c in it. $OVERCOMMIT_CC and
// $OVERCOMMIT_LD name other tools. `kept`: what was built before, see BuildStore; "" = nothing.
PolicyResult<BuiltDriver> buildGuestDriver(const std::filesystem::path& source, const GuestSources& sources, const Confinement& confinement,
                                           const std::filesystem::path& kept = {}, const GuestTools& tools = guestToolsOn(kProcessor));

}  // namespace overcommit

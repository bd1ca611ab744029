// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace overcommit {

// The system that this executable runs on and was built for, so that a grader can be set up in the same way elsewhere.
struct OwnSystem {
  std::string name;                   // for people: "Debian GNU/Linux 12 (bookworm), amd64"
  std::string base;                   // the image that a container of this system begins with: "debian:12-slim"; "" = none is known
  std::string architecture;           // as Debian has it: "amd64"
  std::vector<std::string> packages;  // of the libraries that this executable is linked with, sorted
};
// The error: this is no system with Debian packages, or a library is from none.
Result<OwnSystem> ownSystem();

// name and base of an /etc/os-release.
OwnSystem describedBy(std::string_view osRelease);

}  // namespace overcommit

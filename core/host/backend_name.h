// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "base/error.h"
#include "host/run_config.h"

namespace overcommit {

// auto, unicorn, kvm or script; the error names the one probably meant.
Result<Backend> backendNamed(std::string_view name);

}  // namespace overcommit

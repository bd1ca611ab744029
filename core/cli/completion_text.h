// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace overcommit {

// `overcommit help --completion SHELL`: the script by which a shell completes the words of the command table.
// The error: there is none for this shell.
Result<std::string> completionScript(std::string_view shell);

}  // namespace overcommit

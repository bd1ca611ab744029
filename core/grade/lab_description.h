// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "grade/lab.h"

namespace overcommit {

// What somebody who works on the lab needs to know of it, as JSON in one line: docs/reference/lab.md, "What the app is told".
std::string labDescription(const Lab& lab);

}  // namespace overcommit

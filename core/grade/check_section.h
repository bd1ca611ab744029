// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "grade/lab.h"
#include "scenario/key_reader.h"

namespace overcommit {

// Reads one [[check]] of a lab into lab.checks. Needs all of the lab but its saboteurs and later checks.
void readCheck(const KeyReader& keys, SourcePosition position, Lab& lab, Mistakes& mistakes);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "scenario/run_snapshot.h"

namespace overcommit {

// The result of a run as one JSON object, documented in docs/reference/run-result.md and run-result.schema.json. Equal runs give
// equal bytes: no time of day, no path, no machine's name is in it.
std::string jsonReport(const RunSnapshot& run);

}  // namespace overcommit

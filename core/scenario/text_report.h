// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "scenario/run_snapshot.h"

namespace overcommit {

// The summary for people: where every VM's memory went, what its time went into, the host, the expectations, and how the run
// ended. At most kReportWidth columns; long lists of VMs are cut (the JSON report has all).
inline constexpr std::size_t kReportWidth = 110;
std::string textReport(const RunSnapshot& run);

}  // namespace overcommit

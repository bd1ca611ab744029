// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/top_screen.h"

namespace overcommit {

// The CSV that `esxtop -b` writes and perfmon, esxplot and scripts load (RFC 4180, every cell quoted): a column of time, the host's
// counters, and those of every VM. "-" is what is not modelled, or a VM that is off.
//
//   "(PDH-CSV 4.0) (UTC)(0)","\\host\Memory\Free MBytes",…,"\\host\Group Memory(1:web1)\Swapped MBytes",…
//   "01/01/1970 00:00:05","12.0000",…
//
// Times are those of the run, as if it had begun with 1970.
class TopBatch {
 public:
  TopBatch(TopFields fields, const std::vector<std::string>& vmNames);

  [[nodiscard]] const std::string& header() const { return header_; }
  [[nodiscard]] std::string row(const TopSample& sample) const;

 private:
  TopFields fields_;
  std::string header_;
};

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/metrics.h"
#include "scenario/key_reader.h"
#include "scenario/vm_section.h"

namespace overcommit {

class Host;

// A column of a sweep's table: one figure of every run. docs/reference/scenario.md says what its keys mean.
struct SweepColumn {
  enum class When : std::uint8_t { AtTime, End, Least, Greatest, Mean };

  // A metric of the host, of one VM, or the sum of a group's.
  struct Figure {
    std::string metric;  // its path
    std::vector<MetricRef> references;
    [[nodiscard]] std::uint64_t read(const Host& host) const;
  };

  std::string name;
  Figure figure;
  std::optional<Figure> per;  // divides: the value is permille of it
  When when = When::End;
  VirtualTime time;                  // for AtTime
  std::optional<VirtualTime> since;  // AtTime, End: the growth from then on; else: only what is seen from then on
  std::uint32_t line = 0;            // in the scenario file

  [[nodiscard]] MetricUnit unit() const { return per ? MetricUnit::Permille : figure.references.front().unit(); }
};

// Reads every [[column]]. Needs the groups and VMs of the scenario.
std::vector<SweepColumn> readColumns(std::span<const TomlValue> tables, std::span<const VmGroup> groups, const RunConfig& config,
                                     Mistakes& mistakes);

}  // namespace overcommit

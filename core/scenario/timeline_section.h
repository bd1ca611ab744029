// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "host/run_config.h"
#include "scenario/expectation.h"
#include "scenario/key_reader.h"
#include "scenario/vm_section.h"

namespace overcommit {

// [[at]], [[mark]] and [[expect]]. All need config.duration and config.vms; actions and marks come out sorted by time, those of
// the same time in the order of the file.

// One [[at]]: an action for each VM and setting that it names, in their order; some may be missing if there are mistakes. `now`: the time
// if it names none; nothing: it must.
std::vector<TimedAction> readAction(const TomlValue& table, std::span<const VmGroup> groups, const RunConfig& config,
                                    std::optional<VirtualTime> now, Mistakes& mistakes);
void readActions(std::span<const TomlValue> tables, std::span<const VmGroup> groups, RunConfig& config, Mistakes& mistakes);
// The [[at]] that says just this, as text; parsed again, it gives the same action. `vms`: of the run.
std::string actionText(const TimedAction& action, std::span<const VmConfig> vms);

void readMarks(std::span<const TomlValue> tables, RunConfig& config, Mistakes& mistakes);
std::vector<Expectation> readExpectations(std::span<const TomlValue> tables, const RunConfig& config, Mistakes& mistakes);

// A value of a metric: a size, a time or a plain number, by its unit.
std::optional<std::uint64_t> readMetricValue(const KeyReader& keys, std::string_view key, MetricUnit unit, Mistakes& mistakes);

}  // namespace overcommit

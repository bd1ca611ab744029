// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStringList>
#include <bitset>
#include <vector>

#include "base/costs.h"
#include "trace/event.h"
#include "trace/trace_header.h"

namespace overcommit::gui {

// What things cost in a run: its scenario's [cost] table over the defaults. The scenario's text stands in the trace; what in it
// is no cost or no time leaves the default.
struct RunCost {
  const CostInfo* info;
  VirtualTime value;
  bool changed = false;  // by the scenario
};
std::vector<RunCost> costsOf(const TraceHeader& header);

// The events that cost this, or that record what it came to; `row` as below.
std::bitset<kEventKinds> eventsOfCost(std::size_t row);

// A row a cost: name, value, unit, default, what it is for, how that is known.
QStringList costColumns();
std::vector<QStringList> costRows(const TraceHeader& header);

}  // namespace overcommit::gui

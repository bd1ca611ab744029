// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "trace/memory_figures.h"

namespace overcommit {

// The counters of ESX: the memory screen of esxtop and vCenter's mem.*, each with its formula over MemoryFigures. The table is the only
// list: `overcommit top`, its CSV and docs/reference/counters.md are made from it, and metrics of the same meaning use its formulas.

enum class CounterUnit : std::uint8_t {
  Memory,    // values are millionths of a page
  Rate,      // bytes a second
  Fraction,  // millionths, shown in percent
  Ratio,     // millionths
  Count,
  YesNo,
  State,  // of free memory: FreeState
};

// What stands together: a line of esxtop's head, or a field group of its table, which one key shows or hides.
enum class CounterGroup : std::uint8_t {
  // Lines of the host
  Overcommit,
  Pmem,
  Vmkmem,
  Numa,
  Pshare,
  SwapLine,
  ZipLine,
  MemctlLine,
  // Groups of fields of each VM
  Size,
  Active,
  Mctl,
  Swap,
  LocalSwap,
  Cache,
  Cow,
  Overhead,
  Allocation,
  NumaOfVm,
  Checkpoint,
  // vCenter
  Vcenter,
};

// An instant and the one before it, between which rates are taken; at the start the latter is empty.
struct CounterInput {
  const MemoryFigures& now;
  const MemoryFigures& before;
  const VmFigures* vm = nullptr;  // of `now`; nullptr: for counters of the host
  const VmFigures* vmBefore = nullptr;
};

struct Counter {
  std::string_view name;    // as esxtop heads it, or vCenter names it
  std::string_view column;  // how esxtop's CSV calls it; "" if it has none
  CounterGroup group;
  CounterUnit unit;
  std::string_view metric;                    // of the same value (docs/reference/metrics.md); "" if there is none
  std::string_view formula;                   // not modelled: why
  std::string_view source;                    // as docs/reference/counters.md lists them
  std::int64_t (*read)(const CounterInput&);  // nullptr: not modelled
};

std::span<const Counter> hostCounters();
std::span<const Counter> vmCounters();
std::span<const Counter> vcenterHostCounters();
std::span<const Counter> vcenterVmCounters();

// The value now; nothing if it is not modelled, or of a VM that is off.
std::optional<std::int64_t> counterValue(const Counter& counter, const MemoryFigures& now, const MemoryFigures& before);
std::optional<std::int64_t> counterValue(const Counter& counter, const MemoryFigures& now, const MemoryFigures& before, VmId vm);

// Millionths of a page as bytes, rounded to the nearest.
std::uint64_t bytesOfMillionths(std::int64_t millionths);

// A value as a table shows it, in MB, MB/s or percent, with two places, fewer where it would be wider than `width`; "-" for nothing.
std::string counterText(CounterUnit unit, std::optional<std::int64_t> value, std::size_t width = 7);
// The same as a number with four places, which tell pages apart: 1 and 0 for Y and N, the code of a state.
std::string counterNumber(CounterUnit unit, std::optional<std::int64_t> value);

std::string_view nameOf(CounterGroup group);
std::string_view nameOf(CounterUnit unit);  // "MB", "MB/s", "%", …

}  // namespace overcommit

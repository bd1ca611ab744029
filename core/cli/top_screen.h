// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/top_fields.h"
#include "trace/memory_figures.h"

namespace overcommit {

// What esxtop's memory screen sorts by: nothing (the VMs' numbers), or a field, largest first.
enum class TopSort : std::uint8_t { Number, Memory, Balloon, Grant };
enum class TopVms : std::uint8_t { On, All };

// How a person wants the screen.
struct TopView {
  TopFields fields = defaultTopFields();
  TopSort sort = TopSort::Number;
  TopVms vms = TopVms::On;
  std::size_t first = 0;                // so many rows of VMs are scrolled away
  std::optional<std::size_t> mostRows;  // of VMs
};

// Two instants of a run.
struct TopSample {
  MemoryFigures now, before;
};

struct TopText {
  std::string title;                 // after the time, on the first line
  std::vector<std::string> vmNames;  // as they may be printed: see printable()
};

// A name from a file, without what a terminal would obey.
std::string printable(std::string_view text);

// Lines without line ends, none wider than `width` columns: the host's lines, one that is empty, and a table of VMs.
std::vector<std::string> topScreen(const TopSample& sample, const TopText& text, const TopView& view, std::size_t width);
inline constexpr std::size_t kTopMessageLine = 8;  // the empty one

// As wide as all fields of the view ask for, at least 80.
std::size_t topScreenWidth(const TopView& view);

// How many VMs the view has.
std::size_t topRows(const TopSample& sample, const TopView& view);

}  // namespace overcommit

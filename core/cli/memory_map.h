// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "trace/world.h"

namespace overcommit {

// Memory in characters. Each character stands for the same number of consecutive pages and shows a place where some of them are, chosen
// so that a row shows each place as often as its pages have it. Rows begin with the address of their first page. At most 100 columns.
enum class MapOf : std::uint8_t { Places, GuestUses };

struct MapStyle {
  MapOf of = MapOf::Places;
  std::optional<std::uint64_t> pagesPerCharacter;  // nothing: a power of two that makes at most eight rows
};

// The guest-physical memory of a VM: a title with the exact figures, the rows, and nothing else.
std::string drawVm(const WorldModel& world, VmId vm, const MapStyle& style);
// Machine memory. A private frame shows the letter of its VM: a is the first.
std::string drawMachine(const WorldModel& world, const MapStyle& style);
// What the characters mean.
std::string vmLegend(MapOf of);
std::string machineLegend(const WorldModel& world);

}  // namespace overcommit

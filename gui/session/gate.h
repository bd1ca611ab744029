// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <array>
#include <bitset>
#include <cstdint>

#include "gui/theme/palette.h"
#include "trace/world.h"

namespace overcommit::gui {

// The five ways on which pages go between the guests and the machine.
enum class Gate : std::uint8_t { FirstTouch, Sharing, Balloon, Compression, Swap };
inline constexpr std::size_t kGates = 5;
inline constexpr std::array kAllGates{Gate::FirstTouch, Gate::Sharing, Gate::Balloon, Gate::Compression, Gate::Swap};

QString nameOf(Gate gate);
Hue hueOf(Gate gate);
// What its two ways are called: "share", "break"; the way up of first touch is empty.
QString downName(Gate gate);
QString upName(Gate gate);

// What it is counted in among the metrics of the host.
QString metricOf(Gate gate);

// What is recorded of it, with what led to that.
std::bitset<kEventKinds> eventsOf(Gate gate);

// How many pages have gone through a gate, down and up, since the start of the run.
struct GateCounts {
  std::uint64_t down = 0, up = 0;
  friend bool operator==(const GateCounts&, const GateCounts&) = default;
};
GateCounts countsOf(Gate gate, const WorldHost& host);
GateCounts countsOf(Gate gate, const WorldVm& vm);

// Whether a gate lets pages down now, and why: a sentence, and a word or two for the box.
struct GateState {
  bool open = true;
  QString shortReason;
  QString reason;
};
GateState stateOf(Gate gate, const WorldModel& world);

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/session/gate.h"
#include "gui/session/playback.h"
#include "gui/session/selection.h"

namespace overcommit::gui {

// A page on its way through a gate, or many at once.
struct Flight {
  VmId vm;
  Gate gate;
  bool down = true;         // into or towards the machine and the disk; up: back to the guest
  std::uint64_t count = 1;  // pages; more than one is a bundle, of no page in particular
  Gfn gfn;
};

// Which flights are worth showing of what happened since the last time: few enough to be followed with the eyes.
//
//   a step                          each event, up to kMostFlights
//   playing, few events             each
//   playing, many events            those of the selected page; a bundle for each VM and gate
class FlightPlan {
 public:
  static constexpr std::size_t kMostFlights = 24;
  static constexpr std::uint64_t kFewEvents = 3;  // in a quarter of a second: 12 a second

  // From now on from the instant of this run.
  void restart(const Playback& playback);
  // What happened between the last call and now, either way; backwards everything flies back.
  [[nodiscard]] std::vector<Flight> take(const Playback& playback, const Subject& selected, Motion motion);

 private:
  struct Counts {
    std::array<GateCounts, kGates> gates{};
  };
  void note(const Playback& playback);

  std::uint64_t sequence_ = 0;
  std::vector<Counts> counts_;  // by VM, after event sequence_
};

}  // namespace overcommit::gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/flight_plan.h"

#include <algorithm>
#include <optional>

#include "gui/session/page_events.h"

namespace overcommit::gui {
namespace {

constexpr std::uint64_t kMostRead = 4096;  // events that are looked at one by one

struct Through {
  Gate gate;
  bool down;
};
std::optional<Through> gateOf(const Event& event) {
  for (const Gate gate : kAllGates) {
    if (!eventsOf(gate).test(indexOf(event.kind)) || !infoOf(event.kind).hasGfn) continue;
    const bool up = event.kind == EventKind::Break || event.kind == EventKind::Revert || event.kind == EventKind::Deflate ||
                    event.kind == EventKind::Pop || event.kind == EventKind::Unzip || event.kind == EventKind::SwapIn;
    return Through{gate, !up};
  }
  return std::nullopt;
}

}  // namespace

void FlightPlan::note(const Playback& playback) {
  const WorldModel& world = playback.world();
  sequence_ = playback.sequence();
  counts_.resize(world.vms());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    for (const Gate gate : kAllGates)
      counts_[i].gates[static_cast<std::size_t>(gate)] = countsOf(gate, world.vm(VmId(static_cast<std::uint16_t>(i))));
  }
}

void FlightPlan::restart(const Playback& playback) { note(playback); }

std::vector<Flight> FlightPlan::take(const Playback& playback, const Subject& selected, Motion motion) {
  std::vector<Flight> flights;
  const std::uint64_t now = playback.sequence();
  const bool back = now < sequence_;
  const std::uint64_t first = std::min(now, sequence_) + 1, last = std::max(now, sequence_);
  const std::vector<Counts> before = counts_;
  note(playback);
  if (motion == Motion::Jumped || before.size() != counts_.size() || last < first) return flights;
  std::vector<Flight> single;
  std::uint64_t moves = 0;
  if (last - first < kMostRead) {
    Event event;
    EventStream stream = playback.reader().events(first);
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      const auto found = stream.next(event);
      if (!found || !*found) break;  // what cannot be read is said by the playback itself
      const auto through = gateOf(event);
      if (!through || event.vm.value() >= counts_.size()) continue;
      ++moves;
      const bool chosen = selected.gfn ? happensTo(event, selected) : selected.vm == event.vm;
      if (single.size() < kMostFlights || chosen) single.push_back({event.vm, through->gate, through->down != back, 1, event.gfn});
      if (single.size() > kMostFlights) single.erase(single.begin());
    }
  } else {
    moves = kMostRead;
  }
  if (motion == Motion::Stepped || moves <= kFewEvents) return single;
  std::ranges::copy_if(single, std::back_inserter(flights),
                       [&](const Flight& flight) { return flight.vm == selected.vm && (!selected.gfn || flight.gfn == *selected.gfn); });
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    for (const Gate gate : kAllGates) {
      const auto g = static_cast<std::size_t>(gate);
      const auto differ = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; };
      const std::uint64_t down = differ(counts_[i].gates[g].down, before[i].gates[g].down),
                          up = differ(counts_[i].gates[g].up, before[i].gates[g].up);
      const VmId vm(static_cast<std::uint16_t>(i));
      if (selected.vm == vm && !selected.gfn) continue;  // its pages fly one by one
      if (down > 0) flights.push_back({vm, gate, !back, down, Gfn()});
      if (up > 0) flights.push_back({vm, gate, back, up, Gfn()});
    }
  }
  // What is selected, then the largest, so that the eye can follow.
  const auto bundles = std::ranges::find_if(flights, [](const Flight& flight) { return flight.count > 1; });
  std::stable_sort(bundles, flights.end(), [](const Flight& a, const Flight& b) { return a.count > b.count; });
  if (flights.size() > kMostFlights) flights.resize(kMostFlights);
  return flights;
}

}  // namespace overcommit::gui

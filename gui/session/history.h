// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gui/session/gate.h"
#include "trace/world.h"

namespace overcommit::gui {

// A run as curves: the figures of the host and of every VM at equal steps of virtual time. When the run outgrows the steps, every second
// one goes and the steps are twice as long, so that a history is never larger than some megabytes.
struct HostSample {
  std::array<std::uint32_t, kFrameUses> frames{};
  std::uint32_t leastFree = 0;  // in the step that ends here
  FreeState state = FreeState::High;
  std::array<GateCounts, kGates> gates{};
  [[nodiscard]] std::uint32_t at(FrameUse use) const { return frames[static_cast<std::size_t>(use)]; }
};
struct VmSample {
  std::array<std::uint32_t, kPagePlaces> pages{};
  std::uint32_t target = 0;
  std::uint32_t balloonTarget = 0;
  std::uint32_t active = 0;
  std::uint64_t operations = 0;
  std::array<GateCounts, kGates> gates{};
  [[nodiscard]] std::uint32_t at(PagePlace place) const { return pages[static_cast<std::size_t>(place)]; }
};

// Something that deserves a place on the timeline of its own.
struct HistoryMark {
  VirtualTime time;
  std::uint64_t sequence = 0;
  EventKind kind = EventKind::Mark;
  VmId vm;
  std::uint64_t value = 0;  // free-state: the new state
  std::string text;
};

class History {
 public:
  static constexpr std::size_t kMostSamples = 4096;
  static constexpr std::size_t kMostMarks = 20'000;

  History(std::size_t vms, VirtualTime duration);

  // The world after the last event of the step that ends at `time()`.
  void add(const WorldModel& world, std::uint32_t leastFree);
  void addMark(HistoryMark mark);

  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] VirtualTime step() const { return step_; }
  // Sample i is the world at the end of step i: everything before timeOf(i).
  [[nodiscard]] VirtualTime timeOf(std::size_t i) const { return step_ * (i + 1); }
  [[nodiscard]] VirtualTime nextTime() const { return timeOf(size()); }
  [[nodiscard]] const HostSample& host(std::size_t i) const { return hosts_[i]; }
  [[nodiscard]] const VmSample& vm(std::size_t i, VmId vm) const { return vmSamples_[i * vms_ + vm.value()]; }
  [[nodiscard]] std::size_t vms() const { return vms_; }
  // The last sample that ends at or before `time`, or size() if there is none.
  [[nodiscard]] std::size_t indexAt(VirtualTime time) const;
  // How much went through a gate up to `time`, between samples in proportion.
  [[nodiscard]] GateCounts gateAt(Gate gate, VirtualTime time) const;
  [[nodiscard]] const std::vector<HistoryMark>& marks() const { return marks_; }
  // Everything that was in the file is in; of a trace that grows, until it grows.
  [[nodiscard]] bool complete() const { return complete_; }
  void setComplete(bool complete) { complete_ = complete; }

 private:
  void halve();

  std::size_t vms_;
  VirtualTime step_;
  std::vector<HostSample> hosts_;
  std::vector<VmSample> vmSamples_;
  std::vector<HistoryMark> marks_;
  bool complete_ = false;
};

}  // namespace overcommit::gui

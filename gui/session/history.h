// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/vm_clock.h"
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
  std::array<std::uint32_t, kGuestUses> guestPages{};
  std::uint32_t target = 0;
  std::uint32_t balloonTarget = 0;
  std::uint32_t active = 0;
  std::uint64_t operations = 0;
  std::array<GateCounts, kGates> gates{};
  std::array<std::uint32_t, kTimeUses> spent{};  // since it was powered on, in kTimeGrain
  std::array<std::uint32_t, 3> latency{};        // p50, p95, p99 of its operations, in kTimeGrain
  std::uint32_t balloonRefused = 0;              // pages that a balloon driver offered and the hypervisor did not take, so far
  std::uint32_t evicted = 0;                     // pages that went from the compression cache to the swap file, so far
  [[nodiscard]] std::uint32_t at(PagePlace place) const { return pages[static_cast<std::size_t>(place)]; }
  [[nodiscard]] std::uint32_t at(GuestUse use) const { return guestPages[static_cast<std::size_t>(use)]; }
  [[nodiscard]] VirtualTime at(TimeUse use) const;
};
// Half a day fits in 32 bits.
inline constexpr VirtualTime kTimeGrain = microseconds(10);
inline VirtualTime VmSample::at(TimeUse use) const { return kTimeGrain * spent[static_cast<std::size_t>(use)]; }

// What events tell of a VM that the world does not keep.
struct VmTally {
  std::array<std::uint64_t, kTimeUses> spent{};  // ns
  std::array<std::uint64_t, 3> latency{};        // ns
  std::uint64_t balloonTarget = 0;               // the last event that told its driver one
  std::uint32_t balloonRefused = 0, evicted = 0;
  void add(const Event& event);
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
  void add(const WorldModel& world, std::span<const VmTally> tallies, std::uint32_t leastFree);
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

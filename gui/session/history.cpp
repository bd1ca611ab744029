// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/session/history.h"

#include <algorithm>

namespace overcommit::gui {
namespace {

std::uint32_t pagesOf(std::uint64_t pages) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(pages, 0xffff'ffffu)); }

HostSample sampleOf(const WorldHost& host, std::uint32_t leastFree) {
  HostSample sample;
  std::ranges::transform(host.frames, sample.frames.begin(), pagesOf);
  sample.leastFree = std::min(leastFree, sample.at(FrameUse::Free));
  sample.state = host.freeState;
  for (const Gate gate : kAllGates) sample.gates[static_cast<std::size_t>(gate)] = countsOf(gate, host);
  return sample;
}

std::uint32_t grainsOf(std::uint64_t ns) { return pagesOf(ns / kTimeGrain.value()); }

VmSample sampleOf(const WorldVm& vm, const VmTally& tally) {
  VmSample sample;
  std::ranges::transform(vm.pages, sample.pages.begin(), pagesOf);
  std::ranges::transform(vm.guestPages, sample.guestPages.begin(), pagesOf);
  std::ranges::transform(tally.spent, sample.spent.begin(), grainsOf);
  std::ranges::transform(tally.latency, sample.latency.begin(), grainsOf);
  sample.balloonRefused = tally.balloonRefused;
  sample.evicted = tally.evicted;
  sample.target = pagesOf(vm.targetPages);
  sample.balloonTarget = pagesOf(vm.wantedBalloonPages);
  sample.active = pagesOf(vm.activePages);
  sample.operations = vm.operations;
  for (const Gate gate : kAllGates) sample.gates[static_cast<std::size_t>(gate)] = countsOf(gate, vm);
  return sample;
}

}  // namespace

History::History(std::size_t vms, VirtualTime duration) : vms_(vms) {
  constexpr std::uint64_t kFirstSteps = 2048;
  const std::uint64_t step = std::max<std::uint64_t>(duration.value() / kFirstSteps, 1'000'000);
  step_ = VirtualTime(step);
}

void VmTally::add(const Event& event) {
  const auto& values = event.values;
  const auto set = [this](TimeUse use, std::uint64_t time) { spent[static_cast<std::size_t>(use)] = time; };
  if (event.kind == EventKind::TimeRun) {
    set(TimeUse::Run, values[0]);
    set(TimeUse::Idle, values[1]);
    set(TimeUse::Reclaim, values[2]);
    set(TimeUse::Blocked, values[3]);
  } else if (event.kind == EventKind::TimeFaults) {
    set(TimeUse::FirstTouch, values[0]);
    set(TimeUse::Break, values[1]);
    set(TimeUse::Unzip, values[2]);
    set(TimeUse::SwapIn, values[3]);
  } else if (event.kind == EventKind::TimeDisks) {
    set(TimeUse::DiskQueue, values[0]);
    set(TimeUse::GuestDisk, values[1]);
    set(TimeUse::GuestPaging, values[2]);
  } else if (event.kind == EventKind::Latency) {
    std::copy_n(values.begin(), latency.size(), latency.begin());
  } else if (event.kind == EventKind::BalloonTarget) {
    balloonTarget = event.sequence;
  } else if (event.kind == EventKind::Refusal && balloonTarget != 0 && event.cause == balloonTarget) {
    ++balloonRefused;
  } else if (event.kind == EventKind::SwapOut && values[1] != 0) {
    ++evicted;
  }
}

void History::add(const WorldModel& world, std::span<const VmTally> tallies, std::uint32_t leastFree) {
  hosts_.push_back(sampleOf(world.host(), leastFree));
  for (std::size_t i = 0; i < vms_; ++i) vmSamples_.push_back(sampleOf(world.vm(VmId(static_cast<std::uint16_t>(i))), tallies[i]));
  if (hosts_.size() >= kMostSamples) halve();
}

void History::addMark(HistoryMark mark) {
  if (marks_.size() < kMostMarks) marks_.push_back(std::move(mark));
}

void History::halve() {
  const std::size_t half = hosts_.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const std::uint32_t least = std::min(hosts_[2 * i].leastFree, hosts_[2 * i + 1].leastFree);
    hosts_[i] = hosts_[2 * i + 1];
    hosts_[i].leastFree = least;
    std::copy_n(vmSamples_.begin() + static_cast<std::ptrdiff_t>((2 * i + 1) * vms_), vms_,
                vmSamples_.begin() + static_cast<std::ptrdiff_t>(i * vms_));
  }
  hosts_.resize(half);
  vmSamples_.resize(half * vms_);
  step_ = step_ * 2;
}

std::size_t History::indexAt(VirtualTime time) const {
  const std::uint64_t steps = time.value() / step_.value();
  if (steps == 0 || hosts_.empty()) return size();
  return static_cast<std::size_t>(std::min<std::uint64_t>(steps, hosts_.size())) - 1;
}

GateCounts History::gateAt(Gate gate, VirtualTime time) const {
  const auto index = static_cast<std::size_t>(gate);
  const std::uint64_t before = time.value() / step_.value();
  const auto at = [&](std::uint64_t steps) {
    if (steps == 0 || hosts_.empty()) return GateCounts();
    return hosts_[static_cast<std::size_t>(std::min<std::uint64_t>(steps, hosts_.size())) - 1].gates[index];
  };
  const GateCounts a = at(before), b = at(before + 1);
  const double part = static_cast<double>(time.value() % step_.value()) / static_cast<double>(step_.value());
  const auto between = [part](std::uint64_t low, std::uint64_t high) {
    return low + static_cast<std::uint64_t>(part * static_cast<double>(high - low));
  };
  return {between(a.down, b.down), between(a.up, b.up)};
}

}  // namespace overcommit::gui

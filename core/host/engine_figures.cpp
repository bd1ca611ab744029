// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/engine_figures.h"

#include <algorithm>

#include "host/virtual_machine.h"
#include "policy/profile.h"
#include "policy/published_overhead.h"
#include "reclaim/memory_scheduler.h"

namespace overcommit {
namespace {

const Profile& vintageOf(const RunConfig& config) {
  const Profile* profile = findProfile(config.host.profile);
  invariant(profile != nullptr, "the profile of a run exists");
  return *profile;
}

// Curves of time accounts need no more; in every quantum they would be a quarter of a trace.
constexpr VirtualTime kAccountPeriod = milliseconds(200);

std::uint64_t slotBytesOf(ZipSlots slots) { return slots == ZipSlots::None ? 0 : slots == ZipSlots::Half ? kPageSize / 2 : kPageSize / 4; }

}  // namespace

EngineFigures::EngineFigures(const Parts& parts) : parts_(parts) {}

const MemoryFigures& EngineFigures::at(VirtualTime now, FigureDepth depth) {
  Kept& kept = kept_[static_cast<std::size_t>(depth)];
  if (kept.sequence != parts_.log.recorded() || kept.figures.time != now) {
    kept.figures = take(now, depth);
    kept.sequence = parts_.log.recorded();
  }
  return kept.figures;
}

MemoryFigures EngineFigures::take(VirtualTime now, FigureDepth depth) const {
  MemoryFigures figures;
  figures.time = now;
  figures.memory = parts_.machine.frames().value();
  for (std::size_t use = 0; use < kFrameUses; ++use) figures.frames[use] = parts_.machine.count(static_cast<FrameUse>(use)).value();
  figures.console = parts_.config.host.console.value();
  figures.kernel = figures.at(FrameUse::Overhead) - figures.console;
  figures.state = parts_.pager.freeState();
  const FreeStateThresholds& thresholds = parts_.pager.thresholds();
  figures.thresholds = {thresholds.high.value(), thresholds.clear.value(), thresholds.soft.value(), thresholds.hard.value(),
                        thresholds.low.value()};
  for (std::size_t i = 0; i < kOvercommitMinutes.size(); ++i) {
    figures.overcommitMillionths[i] =
        overcommitAverage(requested_, figures.managed(), now, kOvercommitMinutes[i], parts_.config.host.timeScale);
  }
  SavingSplit saving;
  for (const auto& vm : parts_.vms) {
    VmFigures& its = figures.vms.emplace_back(figuresOf(*vm));
    figures.kernel -= its.overhead;
    if (depth == FigureDepth::Sums || vm->memory() == nullptr) continue;
    const SharedPages shared = parts_.sharing.sharedPagesOf(*vm->memory());
    its.savedMillionths = saving.next(shared.bySharers);
    its.zero = shared.zero.value();
  }
  return figures;
}

VmFigures EngineFigures::figuresOf(const VirtualMachine& vm) const {
  const RunConfig& config = parts_.config;
  const MemorySettings& settings = vm.memorySettings();
  const Bytes represents(bytesOf(vm.config().memory).value() * parts_.frameScale);
  VmFigures figures;
  figures.memory = vm.config().memory.value();
  figures.reservation = settings.reservation.value();
  figures.limit = settings.limit ? settings.limit->value() : kNoLimit;
  figures.shares = settings.shares;
  figures.overheadMax = NestedPageTable::tablesFor(vm.config().memory).value();
  figures.publishedOverheadBytes = publishedOverhead(vintageOf(config).vintage, represents).value() / parts_.frameScale;
  const MemoryCounters counters = vm.counters();
  figures.zips = counters.zips;
  figures.unzips = counters.unzips;
  figures.swapIns = counters.swapIns;
  figures.swapOuts = counters.swapOuts;
  const VmMemory* memory = vm.memory();
  if (memory == nullptr) return figures;
  figures.on = true;
  for (std::size_t place = 0; place < kPagePlaces; ++place) figures.pages[place] = vm.count(static_cast<PagePlace>(place)).value();
  if (memory->zip) {
    figures.zipFrames = memory->zip->frames().value();
    figures.zipSlotBytes = memory->zip->used().value();
  }
  figures.overhead = vm.overhead().value();
  figures.target = memory->target.value();
  figures.active = memory->active.value();
  const ActiveEstimate estimate = parts_.scheduler.estimateOf(*memory);
  figures.sampleMillionths = estimate.instant;
  figures.slowMillionths = estimate.slow;
  figures.fastMillionths = estimate.fast;
  figures.nextMillionths = estimate.next;
  if (const BalloonDevice* balloon = vm.balloon()) {
    figures.balloonDriver = vm.memory() != nullptr && vm.memory()->balloon.driver != BalloonDriver::Absent;
    figures.balloonMax = balloon->maximum().value();
  }
  figures.balloonTarget = memory->balloon.target.value();
  figures.swapTarget = memory->swapTarget.value();
  figures.hints = parts_.sharing.hintsOf(vm.id());
  return figures;
}

void EngineFigures::recordChange(EventKind kind, std::optional<std::size_t> vm, const std::array<std::uint64_t, kEventValues>& values,
                                 Event& last) {
  if (last.sequence != 0 && last.values == values) return;
  last.kind = kind;
  last.values = values;
  last.vmTime = parts_.log.hostTime();
  if (vm) {
    last.vm = VmId(static_cast<std::uint16_t>(*vm));
    if (parts_.vms[*vm]->on()) last.vmTime = parts_.vms[*vm]->clock().now();
  }
  last.sequence = parts_.log.record(last);
}

void EngineFigures::recordVm(std::size_t vm) {
  const VmFigures its = figuresOf(*parts_.vms[vm]);
  OfVm& last = recorded_[vm];
  recordChange(EventKind::Allotment, vm, {its.reservation, its.limit, its.shares, its.balloonMax}, last.allotment);
  recordChange(EventKind::OverheadFigures, vm,
               {its.overheadMax, its.publishedOverheadBytes, slotBytesOf(vintageOf(parts_.config).zipSlots), 0}, last.overhead);
  if (!its.on) {
    // What the world forgets at a power-on is told anew.
    last.target = last.active = last.hints = Event();
    return;
  }
  recordChange(EventKind::ReclaimTarget, vm, {its.balloonTarget, its.swapTarget, its.balloonDriver ? 1u : 0u, 0}, last.target);
  recordChange(EventKind::Active, vm, {its.active, its.slowMillionths, its.fastMillionths, its.nextMillionths}, last.active);
  recordChange(EventKind::Hints, vm, {its.hints, 0, 0, 0}, last.hints);
}

void EngineFigures::recordAccount(std::size_t vm) {
  const VirtualMachine& its = *parts_.vms[vm];
  const VmClock& clock = its.clock();
  const auto spent = [&clock](TimeUse use) { return clock.spent(use).value(); };
  OfVm& last = recorded_[vm];
  recordChange(EventKind::TimeRun, vm, {spent(TimeUse::Run), spent(TimeUse::Idle), spent(TimeUse::Reclaim), spent(TimeUse::Blocked)},
               last.timeRun);
  recordChange(EventKind::TimeFaults, vm,
               {spent(TimeUse::FirstTouch), spent(TimeUse::Break), spent(TimeUse::Unzip), spent(TimeUse::SwapIn)}, last.timeFaults);
  recordChange(EventKind::TimeDisks, vm, {spent(TimeUse::DiskQueue), spent(TimeUse::GuestDisk), spent(TimeUse::GuestPaging), 0},
               last.timeDisks);
  const LatencyHistogram& latency = its.meter().latency();
  recordChange(EventKind::Latency, vm,
               {latency.percentile(500).value(), latency.percentile(950).value(), latency.percentile(990).value(), 0}, last.latency);
}

void EngineFigures::recordRequested() {
  std::uint64_t pages = 0;
  for (const auto& vm : parts_.vms) {
    if (!vm->on()) continue;
    const Pages memory = vm->config().memory;
    pages += std::min(memory, vm->memorySettings().limit.value_or(memory)).value() + NestedPageTable::tablesFor(memory).value();
  }
  if (pages != (requested_.empty() ? 0 : requested_.back().pages)) requested_.push_back({parts_.log.hostTime(), pages});
}

void EngineFigures::record() {
  const FreeStateThresholds& now = parts_.pager.thresholds();
  const std::array<Pages, kFreeStates> thresholds{now.high, now.clear, now.soft, now.hard, now.low};
  for (std::size_t i = 0; i < kFreeStates; ++i)
    recordChange(EventKind::Threshold, std::nullopt, {i, thresholds[i].value(), 0, 0}, thresholds_[i]);
  recorded_.resize(parts_.vms.size());
  const bool due = parts_.log.hostTime() >= nextAccounts_;
  if (due) nextAccounts_ = parts_.log.hostTime() + kAccountPeriod;
  for (std::size_t i = 0; i < parts_.vms.size(); ++i) {
    recordVm(i);
    const bool on = parts_.vms[i]->on();
    // A VM that went off in this quantum is told of once more.
    if (due ? on : recorded_[i].on && !on) recordAccount(i);
    recorded_[i].on = on;
  }
  recordRequested();
}

}  // namespace overcommit

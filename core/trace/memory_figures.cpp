// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/memory_figures.h"

#include <algorithm>

namespace overcommit {
namespace {

// A VM's own numbers come from events of a file that may say anything. Sums of 4096 VMs, in millionths of a page, fit 64 bits.
constexpr std::uint64_t kMostPages = std::uint64_t{1} << 30;
std::uint64_t cutPages(std::uint64_t pages) { return std::min(pages, kMostPages); }
std::uint64_t cutMillionths(std::uint64_t value) { return std::min<std::uint64_t>(value, 1'000'000); }

VmFigures vmFiguresOf(const WorldModel& world, VmId id) {
  const WorldVm& vm = world.vm(id);
  VmFigures figures;
  figures.on = vm.poweredOn;
  figures.memory = world.memory(id).value();
  figures.reservation = cutPages(vm.reservationPages);
  figures.limit = vm.limitPages == kNoLimit ? kNoLimit : cutPages(vm.limitPages);
  figures.shares = vm.shares;
  figures.overheadMax = cutPages(vm.overheadMaxPages);
  figures.publishedOverheadBytes = std::min(vm.publishedOverheadBytes, kMostPages * kPageSize);
  figures.zips = vm.at(EventKind::Zip);
  figures.unzips = vm.at(EventKind::Unzip);
  figures.swapIns = vm.at(EventKind::SwapIn);
  figures.swapOuts = vm.at(EventKind::SwapOut);
  if (!vm.poweredOn) return figures;
  figures.pages = vm.pages;
  figures.zipFrames = vm.zipStoreFrames;
  figures.overhead = vm.overheadFrames;
  figures.target = cutPages(vm.targetPages);
  figures.active = cutPages(vm.activePages);
  figures.sampleMillionths = cutMillionths(vm.sampleMillionths);
  figures.slowMillionths = cutMillionths(vm.slowMillionths);
  figures.fastMillionths = cutMillionths(vm.fastMillionths);
  figures.nextMillionths = cutMillionths(vm.nextMillionths);
  figures.balloonDriver = vm.balloonDriver;
  figures.balloonTarget = cutPages(vm.wantedBalloonPages);
  figures.balloonMax = cutPages(vm.balloonMaxPages);
  figures.swapTarget = cutPages(vm.swapTargetPages);
  figures.hints = cutPages(vm.hintPages);
  return figures;
}

}  // namespace

MemoryFigures figuresOf(const WorldModel& world, VirtualTime now, std::uint64_t timeScale, FigureDepth depth) {
  const WorldHost& host = world.host();
  MemoryFigures figures;
  figures.time = std::max(now, world.hostTime());
  figures.memory = world.hostMemory().value();
  figures.frames = host.frames;
  figures.console = host.at(OverheadUse::Console);
  for (const std::uint64_t frames : host.hostOverhead) figures.kernel += frames;
  figures.kernel -= figures.console;
  figures.state = host.freeState;
  for (std::size_t i = 0; i < kFreeStates; ++i) figures.thresholds[i] = cutPages(host.thresholds[i]);
  for (std::size_t i = 0; i < kOvercommitMinutes.size(); ++i) {
    figures.overcommitMillionths[i] = overcommitAverage(host.requested, figures.managed(), figures.time, kOvercommitMinutes[i], timeScale);
  }
  SavingSplit saving;
  for (std::size_t i = 0; i < world.vms(); ++i) {
    const VmId id(static_cast<std::uint16_t>(i));
    VmFigures& vm = figures.vms.emplace_back(vmFiguresOf(world, id));
    if (depth == FigureDepth::Sums || !vm.on) continue;
    const WorldModel::PageSums sums = world.pageSums(id);
    vm.savedMillionths = saving.next(sums.sharedWith);
    vm.zero = sums.zeroPages;
    vm.zipSlotBytes = sums.zipSlotBytes;
  }
  return figures;
}

std::uint64_t overcommitAverage(std::span<const RequestedPages> requested, std::uint64_t managed, VirtualTime now, std::uint64_t minutes,
                                std::uint64_t timeScale) {
  if (requested.empty() || managed == 0) return 0;
  const VirtualTime window = seconds(60 * minutes) / std::max<std::uint64_t>(timeScale, 1);
  const VirtualTime start = now - std::min(now, window);
  long double sum = 0;  // pages times nanoseconds
  VirtualTime end = now;
  for (std::size_t i = requested.size(); i-- > 0 && end > start;) {
    const VirtualTime from = std::clamp(requested[i].from, start, end);
    sum += static_cast<long double>(requested[i].pages) * static_cast<long double>((end - from).value());
    end = from;
  }
  const long double pages =
      now > start ? sum / static_cast<long double>((now - start).value()) : static_cast<long double>(requested.back().pages);
  const long double over = pages / static_cast<long double>(managed) - 1;
  constexpr long double kMost = 1e15L;
  return over <= 0 ? 0 : static_cast<std::uint64_t>(std::min(over * 1'000'000 + 0.5L, kMost));
}

}  // namespace overcommit

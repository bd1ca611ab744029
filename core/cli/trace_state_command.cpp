// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "trace/trace_cursor.h"

namespace overcommit {
namespace {

std::string size(std::uint64_t pages) { return formatBytes(bytesOf(Pages(pages))); }

std::string_view stateOf(const WorldVm& vm) {
  if (vm.crashed) return "stopped";
  if (!vm.poweredOn) return "off";
  return vm.blocked ? "blocked" : "on";
}

void printHost(const WorldModel& world) {
  const WorldHost& host = world.host();
  say("host: {} of memory, free state {}{}\n ", formatBytes(bytesOf(world.hostMemory())), nameOf(host.freeState),
      host.reclaiming ? fmt::format(", reclaiming because of {}", nameOf(host.reclaimReason)) : "");
  for (std::size_t i = 0; i < kFrameUses; ++i)
    say(" {} {}{}", nameOf(static_cast<FrameUse>(i)), size(host.frames.at(i)), i + 1 < kFrameUses ? "," : "\n");
}

void printVm(const WorldModel& world, VmId id) {
  const WorldVm& vm = world.vm(id);
  say("\n{}: {} of memory, {}, {} operations, phase {}\n ", world.name(id), formatBytes(bytesOf(world.memory(id))), stateOf(vm),
      vm.operations, vm.phase);
  for (std::size_t i = 0; i < kPagePlaces; ++i)
    say(" {} {}{}", nameOf(static_cast<PagePlace>(i)), size(vm.pages.at(i)), i + 1 < kPagePlaces ? "," : "\n");
  if (vm.largePages > 0) say("  of the private pages {} in large pages\n", size(vm.largePages));
  say("  for the guest:");
  for (std::size_t i = 0; i < kGuestUses; ++i)
    say(" {} {}{}", nameOf(static_cast<GuestUse>(i)), size(vm.guestPages.at(i)), i + 1 < kGuestUses ? "," : "\n");
  say("  target {}, balloon target {}, overhead {}\n", size(vm.targetPages), size(vm.balloonTargetPages), size(vm.overheadFrames));
  if (!vm.crashText.empty()) say("  stopped because: {}\n", vm.crashText);
  if (!vm.consoleLine.empty()) say("  console: {}\n", vm.consoleLine);
}

Result<void> state(const CommandLine& line) {
  const auto at = line.time("--at");
  if (!at) return tl::unexpected(at.error());
  const auto reader = TraceReader::open(line.text("TRACE"));
  if (!reader) return tl::unexpected(reader.error());
  if (const auto reaches = reader->checkReaches(at->value_or(VirtualTime())); !reaches) return failure("--at: {}", reaches.error().text);
  if (reader->end() != TraceEnd::Complete) printError(Error{reader->endText()});
  TraceCursor cursor(*reader);
  if (auto sought = *at ? cursor.seekTime(**at) : cursor.seekSequence(reader->lastSequence()); !sought) return sought;
  const WorldModel& world = cursor.world();
  say("after event {}, of the quantum at {}\n\n", world.sequence(), formatTime(world.hostTime()));
  printHost(world);
  for (std::size_t i = 0; i < world.vms(); ++i) printVm(world, VmId(static_cast<std::uint16_t>(i)));
  return {};
}

}  // namespace

ExitCode traceStateCommand(const CommandLine& line) {
  if (const auto done = state(line); !done) {
    printError(done.error());
    return ExitCode::Usage;
  }
  return ExitCode::Well;
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_info.h"

#include <fmt/format.h>

#include <iterator>

#include "base/units.h"

namespace overcommit {

double TraceInfo::bytesPerEvent() const {
  return events == 0 ? 0.0 : static_cast<double>(fileBytes - headerBytes) / static_cast<double>(events);
}

Result<TraceInfo> traceInfo(const TraceReader& reader) {
  TraceInfo info;
  info.header = reader.header();
  info.formatVersion = reader.formatVersion();
  info.end = reader.end();
  info.endText = reader.endText();
  info.digest = reader.digest();
  info.fileBytes = reader.bytes();
  info.headerBytes = reader.headerBytes();
  info.lastTime = reader.lastTime();
  for (const BlockEntry& block : reader.blocks()) {
    if (block.kind == BlockKind::Events) ++info.eventBlocks;
    if (block.kind != BlockKind::Keyframe) continue;
    ++info.keyframes;
    info.keyframeBytes += block.end() - block.offset;
  }
  Event event;
  EventStream stream = reader.events();
  for (;;) {
    const auto found = stream.next(event);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return info;
    ++info.events;
    ++info.eventsByKind[static_cast<std::size_t>(event.kind) - 1];
  }
}

std::string traceInfoText(const TraceInfo& info) {
  std::string text;
  const auto out = std::back_inserter(text);
  const TraceHeader& header = info.header;
  fmt::format_to(out, "title         {}\n", header.title);
  if (!header.sabotage.empty()) fmt::format_to(out, "SABOTAGED     {}: this engine was broken on purpose\n", header.sabotage);
  if (!header.scenarioName.empty()) fmt::format_to(out, "scenario      {}\n", header.scenarioName);
  fmt::format_to(out, "engine        overcommit {}, {}, LZ4 {}, trace format {}\n", header.engineVersion, header.backend, header.lz4Version,
                 info.formatVersion);
  fmt::format_to(out, "run           seed {}, {} of {}\n", header.seed, formatTime(info.lastTime), formatTime(header.duration));
  fmt::format_to(out, "host          {}, frame scale {}, time scale {}\n", formatBytes(bytesOf(header.hostMemory)), header.frameScale,
                 header.timeScale);
  for (const TraceVm& vm : header.vms) {
    fmt::format_to(out, "VM            {}: {}, reservation {}, {}\n", vm.name, formatBytes(bytesOf(vm.memory)),
                   formatBytes(bytesOf(vm.reservation)), vm.program);
  }
  for (const TraceInput& input : header.inputs) fmt::format_to(out, "input         {} {} {:016x}\n", input.kind, input.name, input.hash);
  fmt::format_to(out, "state         {}\n", info.endText);
  if (info.digest) fmt::format_to(out, "digest        {}\n", info.digest->text());
  fmt::format_to(out, "size          {} bytes: {} event blocks, {} keyframes of {} bytes together\n", info.fileBytes, info.eventBlocks,
                 info.keyframes, info.keyframeBytes);
  fmt::format_to(out, "events        {}, {:.2f} bytes each\n", info.events, info.bytesPerEvent());
  for (const EventInfo& kind : eventTable()) {
    const std::uint64_t count = info.eventsByKind[static_cast<std::size_t>(kind.kind) - 1];
    if (count != 0) fmt::format_to(out, "  {:<19} {:>10}\n", kind.name, count);
  }
  return text;
}

}  // namespace overcommit

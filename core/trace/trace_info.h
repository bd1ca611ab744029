// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "trace/event.h"
#include "trace/trace_reader.h"

namespace overcommit {

// A trace at a glance.
struct TraceInfo {
  TraceHeader header;
  std::uint32_t formatVersion = 0;
  TraceEnd end = TraceEnd::Unfinished;
  std::string endText;
  std::optional<Digest> digest;
  std::uint64_t events = 0;
  std::array<std::uint64_t, kEventKinds> eventsByKind{};
  std::uint64_t eventBlocks = 0;
  std::uint64_t keyframes = 0;
  std::uint64_t fileBytes = 0;
  std::uint64_t headerBytes = 0;  // of the file
  std::uint64_t keyframeBytes = 0;
  VirtualTime lastTime;

  // Everything in the file but the header, over the number of events; 0 without events.
  [[nodiscard]] double bytesPerEvent() const;
};

// Reads every event, so it also proves that the whole file can be read.
Result<TraceInfo> traceInfo(const TraceReader& reader);
// Some lines for a person.
std::string traceInfoText(const TraceInfo& info);

}  // namespace overcommit

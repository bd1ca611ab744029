// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a trace file: reading, playing forwards, seeking and stepping back may fail with an error and nothing else.
// Checksums would stop nearly every input at the first block, so an input is tried in three ways, chosen by its first byte: as a file,
// as the payload of an event block, and as a keyframe.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "trace/event_codec.h"
#include "trace/trace_cursor.h"
#include "trace/trace_info.h"
#include "trace/world_keyframe.h"

namespace {

using namespace overcommit;

constexpr std::uint64_t kLargestWorld = 1u << 16;  // so that an input takes milliseconds

TraceHeader twoVms() {
  TraceHeader header;
  header.hostMemory = Pages(64);
  header.vms = {{"web1", Pages(64), Pages(0), "webserver"}, {"web2", Pages(64), Pages(0), "webserver"}};
  return header;
}

void must(bool holds) {
  if (!holds) std::abort();
}

void playFile(std::span<const std::byte> bytes) {
  const auto reader = TraceReader::openBytes(bytes);
  if (!reader) {
    must(!reader.error().text.empty());
    return;
  }
  must(!reader->endText().empty());
  if (const auto info = traceInfo(*reader)) must(!traceInfoText(*info).empty());
  std::uint64_t cells = reader->header().hostMemory.value();
  for (const TraceVm& vm : reader->header().vms) cells += vm.memory.value();
  if (cells > kLargestWorld) return;
  TraceCursor cursor(*reader);
  if (!cursor.seekSequence(reader->lastSequence())) return;
  must(cursor.world().checkLaws().has_value());
  if (!cursor.seekTime(VirtualTime(reader->lastTime().value() / 2))) return;
  while (true) {
    const auto back = cursor.stepBack();
    if (!back) return;
    if (!*back) break;
  }
  must(cursor.world() == WorldModel(reader->header()));
}

void playEvents(std::span<const std::byte> payload, std::uint32_t events) {
  auto decoder = EventBlockDecoder::open(payload, events, 1, VirtualTime());
  if (!decoder) return;
  const WorldModel start(twoVms());
  WorldModel world = start;
  WorldUndo undo;
  Event event;
  while (true) {
    const auto next = decoder->next(event);
    if (!next || !*next) break;
    event.sequence = world.sequence() + 1;  // the impossible ones are left out
    [[maybe_unused]] const auto applied = world.apply(event, undo);
  }
  must(world.checkLaws().has_value());
  while (world.undo(undo)) {
  }
  must(world == start);
}

void playKeyframe(std::span<const std::byte> bytes) {
  const TraceHeader header = twoVms();
  const auto world = decodeKeyframe(bytes, header);
  if (!world) return;
  must(world->checkLaws().has_value());
  const auto again = decodeKeyframe(encodeKeyframe(*world), header);
  must(again && *again == *world);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  if (size == 0) return 0;
  if (data[0] == 1 && size > 2) {
    playEvents(bytes.subspan(2), data[1]);
  } else if (data[0] == 2) {
    playKeyframe(bytes.subspan(1));
  } else {
    playFile(bytes);
  }
  return 0;
}

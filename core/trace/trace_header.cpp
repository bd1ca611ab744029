// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace_header.h"

#include "trace/byte_stream.h"

namespace overcommit {
namespace {

// A field is its tag, its length in bytes and its bytes, so that a reader can skip what it does not know. Append, never renumber.
enum class Field : std::uint8_t {
  EngineVersion = 1,
  Lz4Version,
  Backend,
  Title,
  Scenario,
  ScenarioName,
  Seed,
  Duration,
  FrameScale,
  TimeScale,
  HostMemory,
  Vm,     // one a VM, in order
  Input,  // one an input, in order
  Sabotage,
};

void field(ByteWriter& out, Field tag, std::span<const std::byte> bytes) {
  out.varint(static_cast<std::uint8_t>(tag));
  out.varint(bytes.size());
  out.append(bytes);
}

void field(ByteWriter& out, Field tag, const std::string& text) { field(out, tag, std::as_bytes(std::span(text))); }

void field(ByteWriter& out, Field tag, std::uint64_t number) {
  ByteWriter bytes;
  bytes.varint(number);
  field(out, tag, bytes.bytes());
}

std::string textOf(ByteReader& in) {
  const std::span<const std::byte> bytes = in.bytes(in.left());
  std::string text(bytes.size(), '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) text[i] = std::to_integer<char>(bytes[i]);
  return text;
}

TraceVm vmOf(ByteReader& in) {
  TraceVm vm;
  vm.name = in.text(in.left());
  vm.memory = Pages(in.varint());
  vm.reservation = Pages(in.varint());
  vm.program = in.text(in.left());
  return vm;
}

TraceInput inputOf(ByteReader& in) {
  TraceInput input;
  input.name = in.text(in.left());
  input.kind = in.text(in.left());
  input.hash = in.u64();
  return input;
}

Result<void> checkSizes(const TraceHeader& header) {
  if (header.vms.size() > kMaxVms) return failure("the header names {} VMs, and at most {} are possible", header.vms.size(), kMaxVms);
  if (header.hostMemory.value() > kMaxWorldPages) {
    return failure("the header gives the host {} frames, and at most {} are possible", header.hostMemory.value(), kMaxWorldPages);
  }
  std::uint64_t pages = 0;
  for (const TraceVm& vm : header.vms) {
    if (vm.memory.value() > kMaxWorldPages - pages) {
      return failure("the header gives the VMs more than {} pages together (at VM \"{}\")", kMaxWorldPages, vm.name);
    }
    pages += vm.memory.value();
  }
  return {};
}

}  // namespace

std::vector<std::byte> encodeTraceHeader(const TraceHeader& header) {
  ByteWriter out;
  field(out, Field::EngineVersion, header.engineVersion);
  field(out, Field::Lz4Version, header.lz4Version);
  field(out, Field::Backend, header.backend);
  field(out, Field::Title, header.title);
  field(out, Field::Scenario, header.scenario);
  field(out, Field::ScenarioName, header.scenarioName);
  field(out, Field::Seed, header.seed);
  field(out, Field::Duration, header.duration.value());
  field(out, Field::FrameScale, header.frameScale);
  field(out, Field::TimeScale, header.timeScale);
  field(out, Field::HostMemory, header.hostMemory.value());
  if (!header.sabotage.empty()) field(out, Field::Sabotage, header.sabotage);
  for (const TraceVm& vm : header.vms) {
    ByteWriter bytes;
    bytes.text(vm.name);
    bytes.varint(vm.memory.value());
    bytes.varint(vm.reservation.value());
    bytes.text(vm.program);
    field(out, Field::Vm, bytes.bytes());
  }
  for (const TraceInput& input : header.inputs) {
    ByteWriter bytes;
    bytes.text(input.name);
    bytes.text(input.kind);
    bytes.u64(input.hash);
    field(out, Field::Input, bytes.bytes());
  }
  return out.take();
}

Result<TraceHeader> decodeTraceHeader(std::span<const std::byte> bytes) {
  TraceHeader header;
  ByteReader in(bytes);
  while (!in.atEnd()) {
    const std::uint64_t tag = in.varint();
    const std::uint64_t size = in.varintUpTo(in.left());
    ByteReader value(in.bytes(static_cast<std::size_t>(size)));
    if (in.failed()) break;
    if (tag == 0 || tag > static_cast<std::uint64_t>(Field::Sabotage)) continue;
    switch (static_cast<Field>(tag)) {
      case Field::EngineVersion: header.engineVersion = textOf(value); break;
      case Field::Lz4Version: header.lz4Version = textOf(value); break;
      case Field::Backend: header.backend = textOf(value); break;
      case Field::Title: header.title = textOf(value); break;
      case Field::Scenario: header.scenario = textOf(value); break;
      case Field::ScenarioName: header.scenarioName = textOf(value); break;
      case Field::Seed: header.seed = value.varint(); break;
      case Field::Duration: header.duration = VirtualTime(value.varint()); break;
      case Field::FrameScale: header.frameScale = value.varint(); break;
      case Field::TimeScale: header.timeScale = value.varint(); break;
      case Field::HostMemory: header.hostMemory = Pages(value.varint()); break;
      case Field::Vm: header.vms.push_back(vmOf(value)); break;
      case Field::Sabotage: header.sabotage = textOf(value); break;
      case Field::Input: header.inputs.push_back(inputOf(value)); break;
    }
    if (value.failed()) return failure("field {} of the header is malformed", tag);
  }
  if (in.failed()) return failure("a field of the header is cut off");
  if (auto sizes = checkSizes(header); !sizes) return tl::unexpected(sizes.error());
  return header;
}

}  // namespace overcommit

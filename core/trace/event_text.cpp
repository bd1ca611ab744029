// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/event_text.h"

#include <fmt/format.h>

#include <iterator>

#include "base/error.h"
#include "trace/place.h"

namespace overcommit {
namespace {

// What a value of an event is, besides a number.
enum class Code : std::uint8_t { Number, Frame, Hash, State, Refused, Overhead, Reclaim, Balance, Guest, Broken };

Code codeOf(EventKind kind, std::size_t value) {
  const std::string_view name = infoOf(kind).values[value];
  if (name.ends_with("mfn")) return Code::Frame;
  if (name == "checksum" || name == "hash") return Code::Hash;
  if (kind == EventKind::FreeStateChange && value < 2) return Code::State;
  if (kind == EventKind::Threshold && value == 0) return Code::State;
  if (kind == EventKind::Refusal && value == 0) return Code::Refused;
  if (kind == EventKind::OverheadTake && value == 0) return Code::Overhead;
  if (kind == EventKind::ReclaimStart && value == 0) return Code::Reclaim;
  if (kind == EventKind::Balance && value == 0) return Code::Balance;
  if (kind == EventKind::GuestFrame && value == 0) return Code::Guest;
  if (kind == EventKind::LargeBreak && value == 0) return Code::Broken;
  return Code::Number;
}

// The name of a code, or "" if there is none. Codes are bytes; a larger number has no name.
std::string_view codeName(Code code, std::uint64_t number) {
  if (number > 0xff) return "unknown";
  const auto byte = static_cast<std::uint8_t>(number);
  switch (code) {
    case Code::State: return nameOf(static_cast<FreeState>(byte));
    case Code::Refused: return nameOf(static_cast<RefusalReason>(byte));
    case Code::Overhead: return nameOf(static_cast<OverheadUse>(byte));
    case Code::Reclaim: return nameOf(static_cast<ReclaimReason>(byte));
    case Code::Balance: return nameOf(static_cast<BalanceReason>(byte));
    case Code::Guest: return nameOf(static_cast<GuestUse>(byte));
    case Code::Broken: return nameOf(static_cast<LargeBreakReason>(byte));
    case Code::Number:
    case Code::Frame:
    case Code::Hash: return {};
  }
  return {};
}

bool carries(const EventInfo& info, std::size_t value) { return !info.values[value].empty(); }

// What would break the line, as escapes.
std::string oneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else {
      line += fmt::format("\\x{:02x}", byte);
    }
  }
  return line;
}

std::string textLine(const Event& event, const TraceHeader& header) {
  const EventInfo& info = infoOf(event.kind);
  const std::uint64_t microseconds = event.hostTime.value() / 1'000;
  std::string line = fmt::format("{}.{:06} s  #{}  {}  {}", microseconds / 1'000'000, microseconds % 1'000'000, event.sequence,
                                 vmName(header, event.vm), info.name);
  std::string_view gap = "  ";
  const auto add = [&line, &gap](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(line), "{}{} {}", gap, name, value);
    gap = " ";
  };
  if (info.hasGfn) add("gfn", fmt::format("{:#x}", event.gfn.value()));
  if (info.hasMfn) add("mfn", fmt::format("{:#x}", event.mfn.value()));
  for (std::size_t i = 0; i < kEventValues; ++i) {
    if (carries(info, i)) add(info.values[i], eventValueText(event, i));
  }
  if (!event.text.empty()) line += fmt::format("  \"{}\"", oneLine(event.text));
  if (event.cause != 0) line += fmt::format("  <- #{}", event.cause);
  line += '\n';
  return line;
}

std::string jsonLine(const Event& event, const TraceHeader& header) {
  const EventInfo& info = infoOf(event.kind);
  std::string line = fmt::format(R"({{"sequence":{},"time_ns":{},"vm_time_ns":{},"kind":"{}")", event.sequence, event.hostTime.value(),
                                 event.vmTime.value(), info.name);
  const auto out = std::back_inserter(line);
  if (event.vm != kNoVm) fmt::format_to(out, R"(,"vm":{})", jsonString(vmName(header, event.vm)));
  if (info.hasGfn) fmt::format_to(out, R"(,"gfn":{})", event.gfn.value());
  if (info.hasMfn) fmt::format_to(out, R"(,"mfn":{})", event.mfn.value());
  for (std::size_t i = 0; i < kEventValues; ++i) {
    if (!carries(info, i)) continue;
    const Code code = codeOf(event.kind, i);
    if (code == Code::Number || code == Code::Frame) {
      fmt::format_to(out, R"(,"{}":{})", info.values[i], event.values[i]);
    } else {
      fmt::format_to(out, R"(,"{}":"{}")", info.values[i], eventValueText(event, i));
    }
  }
  if (event.cause != 0) fmt::format_to(out, R"(,"cause":{})", event.cause);
  if (info.hasText) fmt::format_to(out, R"(,"text":{})", jsonString(event.text));
  line += "}\n";
  return line;
}

std::string csvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string csvLine(const Event& event, const TraceHeader& header) {
  const EventInfo& info = infoOf(event.kind);
  std::string line = fmt::format("{},{},{},{},{}", event.sequence, event.hostTime.value(), event.vmTime.value(),
                                 event.vm == kNoVm ? std::string() : csvField(vmName(header, event.vm)), info.name);
  line += info.hasGfn ? fmt::format(",{}", event.gfn.value()) : ",";
  line += info.hasMfn ? fmt::format(",{}", event.mfn.value()) : ",";
  line += event.cause != 0 ? fmt::format(",{}", event.cause) : ",";
  for (std::size_t i = 0; i < kEventValues; ++i) line += carries(info, i) ? fmt::format(",{}", event.values[i]) : ",";
  return line + "," + csvField(event.text) + "\n";
}

// Bytes of the UTF-8 sequence that begins at `at`, 0 if none does (RFC 3629: shortest form, no surrogates).
std::size_t utf8Length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string_view eventLinesHead(EventFormat format) {
  return format == EventFormat::Csv ? "sequence,time_ns,vm_time_ns,vm,kind,gfn,mfn,cause,value1,value2,value3,value4,text\n" : "";
}

std::string eventLine(EventFormat format, const Event& event, const TraceHeader& header) {
  switch (format) {
    case EventFormat::Text: return textLine(event, header);
    case EventFormat::JsonLines: return jsonLine(event, header);
    case EventFormat::Csv: return csvLine(event, header);
  }
  return {};
}

std::string eventValueText(const Event& event, std::size_t value) {
  invariant(value < kEventValues, "an event has four values");
  const std::uint64_t number = event.values[value];
  const Code code = codeOf(event.kind, value);
  if (code == Code::Number) return std::to_string(number);
  if (code == Code::Frame) return fmt::format("{:#x}", number);
  if (code == Code::Hash) return fmt::format("{:#018x}", number);
  return std::string(codeName(code, number));
}

std::string vmName(const TraceHeader& header, VmId vm) {
  if (vm == kNoVm) return "host";
  return vm.value() < header.vms.size() ? header.vms[vm.value()].name : fmt::format("VM {}", vm.value());
}

std::string jsonString(std::string_view text) {
  std::string json = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8Length(text, i);
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      json += "\\ufffd";
      ++i;
      continue;
    }
    if (byte == '"' || byte == '\\') {
      json += '\\';
      json += text[i];
    } else if (byte < 0x20) {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      json += text.substr(i, length);
    }
    i += length;
  }
  return json + '"';
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "trace/event.h"
#include "trace/trace_header.h"

namespace overcommit {

// How events are written out, one a line:
//   Text       12.345678 s  #1234  web1  swap-out  gfn 0x1a2 mfn 0x3f slot 17  <- #1200
//   JsonLines  one JSON object a line; codes by name, hashes as "0x…", times in nanoseconds
//   Csv        the same columns for all kinds, numbers only, quoted as RFC 4180 has it
enum class EventFormat : std::uint8_t { Text, JsonLines, Csv };

// The first line, with its line end: the column names of Csv, nothing for the others.
std::string_view eventLinesHead(EventFormat format);
// One event with its line end. The header gives the VMs their names.
std::string eventLine(EventFormat format, const Event& event, const TraceHeader& header);

// A value of an event as a person reads it: frame numbers and hashes in hexadecimal, codes by name, all else decimal.
std::string eventValueText(const Event& event, std::size_t value);

// "web1", "host" for kNoVm, "VM 7" if the header has no such VM.
std::string vmName(const TraceHeader& header, VmId vm);

// A JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
std::string jsonString(std::string_view text);

}  // namespace overcommit

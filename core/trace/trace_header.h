// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

// The format that this build reads and writes (docs/reference/trace-format.md).
inline constexpr std::uint32_t kTraceFormatVersion = 2;

// No world is larger, so that a hostile header cannot ask for all memory: host frames, and the pages of all VMs together.
inline constexpr std::uint64_t kMaxWorldPages = std::uint64_t{1} << 26;

struct TraceVm {
  std::string name;
  Pages memory;
  Pages reservation;
  std::string program;  // a program's name, or the file of a kernel of the user's own
  friend bool operator==(const TraceVm&, const TraceVm&) = default;
};

// A file that the run depends on; re-execution refuses another content.
struct TraceInput {
  std::string name;        // as the scenario gives it
  std::string kind;        // "guest", "image", "policy", …
  std::uint64_t hash = 0;  // XXH3-64 of its bytes
  friend bool operator==(const TraceInput&, const TraceInput&) = default;
};

// All that is known before the first event: what a reader needs to show the run, and what is needed to run it again.
struct TraceHeader {
  std::string engineVersion;
  std::string lz4Version;  // the compression cache's sizes, hence the digest, depend on it
  std::string backend;     // "unicorn 2.0.1", "kvm", "script"
  std::string title;
  std::string scenario;      // the TOML text, byte for byte
  std::string scenarioName;  // the file it came from, "" if none
  std::string sabotage;      // the fault that was put into the engine on purpose (base/saboteur.h), "" if none
  std::uint64_t seed = 0;
  VirtualTime duration;
  std::uint64_t frameScale = 1;
  std::uint64_t timeScale = 1;
  Pages hostMemory;          // machine frames
  std::vector<TraceVm> vms;  // a VM's number is its place here
  std::vector<TraceInput> inputs;
  friend bool operator==(const TraceHeader&, const TraceHeader&) = default;
};

std::vector<std::byte> encodeTraceHeader(const TraceHeader& header);
// Refuses what a world cannot be made of: too many VMs or pages, and fields that are cut off. Unknown fields are skipped.
Result<TraceHeader> decodeTraceHeader(std::span<const std::byte> bytes);

}  // namespace overcommit

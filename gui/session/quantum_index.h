// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "trace/trace_reader.h"

namespace overcommit::gui {

// Which events belong to which time: as TraceReader::lastSequenceAt, but it remembers the block that it looked into, so that the next
// moments of a playing trace cost nothing.
class QuantumIndex {
 public:
  // The reader must outlive the index and stay where it is.
  explicit QuantumIndex(const TraceReader& reader) : reader_(&reader) {}

  // The last event with a host time of at most `time`; 0 = none.
  Result<std::uint64_t> lastSequenceAt(VirtualTime time);

 private:
  struct Quantum {
    VirtualTime time;
    std::uint64_t last;  // its last event
  };
  Result<void> lookInto(const BlockEntry& block);

  const TraceReader* reader_;
  std::uint64_t block_ = 0;  // first sequence of the block whose quanta are known; 0 = none
  std::vector<Quantum> quanta_;
};

}  // namespace overcommit::gui

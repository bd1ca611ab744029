// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>

namespace overcommit {

// Pages that share frames, by the number of references to their frame.
using PagesBySharers = std::map<std::uint32_t, std::uint64_t>;

// Who saves how much by page sharing: a page whose frame has r references costs 1 / r of a frame and saves 1 - 1 / r. Asked VM by VM, so
// that the parts of all VMs add up to the frames that were saved, exactly, although each is a whole number of millionths.
class SavingSplit {
 public:
  // The part of the next VM, in millionths of a page.
  std::uint64_t next(const PagesBySharers& shared);

 private:
  PagesBySharers all_;  // of the VMs so far: r pages with r references cost one whole frame
  std::uint64_t pages_ = 0;
  std::uint64_t saved_ = 0;
};

}  // namespace overcommit

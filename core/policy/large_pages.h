// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/ids.h"
#include "policy/profile.h"

namespace overcommit {

// Whether a VM's first touches are served with large pages where that is possible. A change acts on touches to come.
enum class LargeBacking : std::uint8_t { Off, On };

// On if the vintage can, and AllocGuestLargePage and LPageAlwaysTryForNPT are 1. Unless the scenario sets AllocGuestLargePage itself,
// also: a frame stands for itself alone (`frameScale` is 1), and the VM has kLeastMemoryForLargePages. For where a frame stands for 128, a large page
// would stand for 256 MiB, and where a VM has 16 MiB it would be an eighth of it: neither shows what 2 MiB of a real VM do.
LargeBacking largeBackingOf(const std::map<std::string, std::uint64_t>& set, const Profile& profile, std::uint64_t frameScale,
                            Pages memory);
inline constexpr Pages kLeastMemoryForLargePages = Pages(32 * kLargePagePages);  // 64 MiB

// May 2 MiB be given to a VM at once? Only if free memory stays above the high threshold and the VM within its limit; and so a large
// page never makes anybody give memory up.
struct LargePageQuestion {
  Pages free, high;
  Pages allocated;  // of the VM
  std::optional<Pages> limit;
};
bool roomForLargePage(const LargePageQuestion& question);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/large_pages.h"

namespace overcommit {

LargeBacking largeBackingOf(const std::map<std::string, std::uint64_t>& set, const Profile& profile, std::uint64_t frameScale,
                            Pages memory) {
  if (profile.largePages == LargePages::Unsupported) return LargeBacking::Off;
  for (const char* option : {"AllocGuestLargePage", "LPageAlwaysTryForNPT"}) {
    if (hostOptionValue(set, option, profile) == 0) return LargeBacking::Off;
  }
  const bool sensible = frameScale == 1 && memory >= kLeastMemoryForLargePages;
  return sensible || set.contains("AllocGuestLargePage") ? LargeBacking::On : LargeBacking::Off;
}

bool roomForLargePage(const LargePageQuestion& question) {
  const Pages large(kLargePagePages);
  return question.free >= question.high + large && (!question.limit || question.allocated + large <= *question.limit);
}

}  // namespace overcommit

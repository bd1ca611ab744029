// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/zip.h>
using namespace overcommit::policy;

// Reads "a ratio of more than 50 %" as a quarter of the page.
class QuarterOnly : public ZipPolicy {
  ZipAnswer admit(const ZipQuestion& question) override {
    return question.most_frames > 0 && question.bytes <= kPageBytes / 4 ? ZipAnswer::Zip : ZipAnswer::Swap;
  }
  std::uint32_t evict(const EvictQuestion&, std::span<const ZippedCandidate>) override { return 0; }
};
OVERCOMMIT_ZIP(QuarterOnly)

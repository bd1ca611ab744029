// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/zip.h>
using namespace overcommit::policy;

class OldestLeaves : public ZipPolicy {
  // What shrinks to half a page goes in, also if the cache is full: somebody else leaves it then.
  ZipAnswer admit(const ZipQuestion& question) override {
    return question.most_frames > 0 && question.bytes <= kPageBytes / 2 ? ZipAnswer::Zip : ZipAnswer::Swap;
  }
  std::uint32_t evict(const EvictQuestion&, std::span<const ZippedCandidate>) override { return 0; }  // oldest first
};
OVERCOMMIT_ZIP(OldestLeaves)

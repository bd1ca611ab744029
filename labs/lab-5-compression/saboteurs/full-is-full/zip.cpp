// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/zip.h>
using namespace overcommit::policy;

// A full cache takes nothing in: what is in it stays, whether anybody wants it or not.
class FullIsFull : public ZipPolicy {
  ZipAnswer admit(const ZipQuestion& question) override {
    return question.frames < question.most_frames && question.bytes <= kPageBytes / 2 ? ZipAnswer::Zip : ZipAnswer::Swap;
  }
  std::uint32_t evict(const EvictQuestion&, std::span<const ZippedCandidate>) override { return 0; }
};
OVERCOMMIT_ZIP(FullIsFull)

// SPDX-License-Identifier: GPL-2.0-or-later
// Lab 5, part 3: what does the compression cache take in, and what leaves it?
//
//   try it:      overcommit run on.toml --policy zip=zip.cpp --trace mine.octrace
//   look at it:  overcommit trace events mine.octrace --kind zip,unzip,swap-out --limit 40
//   ask:         overcommit lab check 5 3.1 --submission .
//
// You are asked about pages that are about to be swapped: what you do not take goes to the disk.
#include <overcommit/zip.h>
using namespace overcommit::policy;

class Mine : public ZipPolicy {
  ZipAnswer admit(const ZipQuestion& question) override {
    // question.bytes: what the page shrinks to (0: all its bytes are equal, it needs no room at all). The VM's cache has question.frames
    // frames and may have question.most_frames; 0: there may be no cache.
    (void)question;
    return ZipAnswer::Swap;
  }

  // From how many pages of a full cache to choose, 1 to 64.
  std::uint32_t candidates_wanted() const override { return 8; }

  std::uint32_t evict(const EvictQuestion& question, std::span<const ZippedCandidate> candidates) override {
    // The index of the one that leaves. They come in the order in which they were compressed.
    (void)question;
    return static_cast<std::uint32_t>(candidates.size() - 1);
  }
};
OVERCOMMIT_ZIP(Mine)

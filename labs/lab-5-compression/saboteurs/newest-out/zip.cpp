// SPDX-License-Identifier: GPL-2.0-or-later
#include <overcommit/zip.h>
using namespace overcommit::policy;

// Last in, first out.
class NewestLeaves : public ZipPolicy {
  ZipAnswer admit(const ZipQuestion& question) override { return question.most_frames > 0 ? ZipAnswer::Zip : ZipAnswer::Swap; }
  std::uint32_t candidates_wanted() const override { return 64; }
  std::uint32_t evict(const EvictQuestion&, std::span<const ZippedCandidate> candidates) override {
    return static_cast<std::uint32_t>(candidates.size() - 1);
  }
};
OVERCOMMIT_ZIP(NewestLeaves)

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/saving_split.h"

namespace overcommit {

std::uint64_t SavingSplit::next(const PagesBySharers& shared) {
  constexpr std::uint64_t kMillion = 1'000'000;
  constexpr unsigned kPartBits = 36;  // parts of a frame far below a millionth, and a world has fewer than 2^26 pages
  constexpr std::uint64_t kParts = std::uint64_t{1} << kPartBits;
  for (const auto& [sharers, pages] : shared) {
    all_[sharers] += pages;
    pages_ += pages;
  }
  std::uint64_t frames = 0, parts = 0;
  for (const auto& [sharers, pages] : all_) {
    if (sharers == 0) continue;
    frames += pages / sharers;
    parts += (pages % sharers << kPartBits) / sharers;
  }
  frames += parts / kParts;
  parts %= kParts;
  const std::uint64_t saved = (pages_ - frames) * kMillion - (parts * kMillion + kParts / 2) / kParts;
  const std::uint64_t part = saved - saved_;
  saved_ = saved;
  return part;
}

}  // namespace overcommit

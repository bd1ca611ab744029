// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace overcommit {
namespace {

// Names in scenarios are short; a longer word is no typing mistake of one of them, and the table stays small.
constexpr std::size_t kLongestWord = 64;

}  // namespace

std::size_t editDistance(std::string_view a, std::string_view b) {
  // Three rows of the usual table: two back (for swapped neighbours), the previous, and the current one.
  std::vector<std::size_t> beforePrevious(b.size() + 1);
  std::vector<std::size_t> previous(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      const bool neighboursSwapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (neighboursSwapped) current[j] = std::min(current[j], beforePrevious[j - 2] + 1);
    }
    std::swap(beforePrevious, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kLongestWord) return std::nullopt;
  std::optional<std::string_view> best;
  bool several = false;  // are as close as that
  std::size_t bestDistance = std::max<std::size_t>(1, word.size() / 3);
  for (const std::string_view candidate : known) {
    const std::size_t distance = editDistance(word, candidate);
    if (distance > bestDistance || distance >= candidate.size()) continue;
    several = distance == bestDistance && best && (several || *best != candidate);
    best = candidate;
    bestDistance = distance;
  }
  return several ? std::nullopt : best;
}

std::string didYouMean(std::string_view word, std::span<const std::string_view> known) {
  const auto best = nearest(word, known);
  return best ? fmt::format("; did you mean \"{}\"?", *best) : std::string();
}

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace overcommit {

// Typing mistakes between two words: letters inserted, left out, replaced, or two neighbours swapped (optimal string alignment).
std::size_t editDistance(std::string_view a, std::string_view b);

// The known word that a mistyped one probably meant: the closest. Nothing if none is close (more than a third of the word is
// wrong) or several are equally close, so that a wild guess is not offered as help.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

// `; did you mean "swapped"?`, or nothing. Goes behind a message such as `unknown metric "swaped"`.
std::string didYouMean(std::string_view word, std::span<const std::string_view> known);

}  // namespace overcommit

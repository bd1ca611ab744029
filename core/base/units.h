// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace overcommit {

// Sizes and times as people write them. A number and a unit, blanks between them allowed; decimals allowed if the result is a
// whole number of bytes or nanoseconds.
//   sizes: B, KiB, MiB, GiB, TiB ("pages" = 4 KiB); times: ns, us, ms, s, min, h
// A plain number without a unit is an error: the reader of a scenario must not have to guess.
Result<Bytes> parseBytes(std::string_view text);
Result<VirtualTime> parseTime(std::string_view text);

// The shortest exact or one-decimal form: "64 MiB", "1.5 GiB", "12 KiB", "0 B"; "60 s", "1.5 ms", "250 us".
std::string formatBytes(Bytes bytes);
std::string formatTime(VirtualTime time);
// In the largest unit of which it is a whole number, for what must not be rounded: "1550 ms".
std::string formatExactTime(VirtualTime time);

}  // namespace overcommit

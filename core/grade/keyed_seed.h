// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace overcommit {

using Sha256 = std::array<std::uint8_t, 32>;
// FIPS 180-4 and RFC 2104: who does not know the key can neither compute a value nor find the key from values.
Sha256 sha256(std::string_view text);
Sha256 hmacSha256(std::string_view key, std::string_view text);

// A seed of 63 bits for one student and one run. `key`: the teacher's secret, or "" for what students may compute themselves.
std::uint64_t keyedSeed(std::string_view key, std::string_view lab, std::string_view run, std::string_view student);

}  // namespace overcommit

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace overcommit {

// xoshiro256** (Blackman and Vigna), seeded from the run's seed and the consumer's name, so that each consumer has a sequence of
// its own that no other consumer's draws disturb. Bounded draws are ours: std:: distributions differ between libraries.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view consumer);

  std::uint64_t next();
  // Uniform in [0, bound); bound > 0. Unbiased, by multiplication and rejection (Lemire).
  std::uint64_t below(std::uint64_t bound);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace overcommit

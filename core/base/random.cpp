// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"

#include <bit>
#include <span>

#include "base/error.h"
#include "base/hash.h"

namespace overcommit {
namespace {

std::uint64_t splitMix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

struct Product {
  std::uint64_t high, low;
};

// 64 x 64 -> 128 bits in portable arithmetic.
Product multiply(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t aLow = a & 0xffffffffu, aHigh = a >> 32, bLow = b & 0xffffffffu, bHigh = b >> 32;
  const std::uint64_t low = aLow * bLow;
  const std::uint64_t middle = aHigh * bLow + (low >> 32);
  const std::uint64_t cross = aLow * bHigh + (middle & 0xffffffffu);
  return {aHigh * bHigh + (middle >> 32) + (cross >> 32), (cross << 32) | (low & 0xffffffffu)};
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view consumer) {
  std::uint64_t mix = seed ^ hash64(std::as_bytes(std::span(consumer)));
  for (std::uint64_t& word : state_) word = splitMix(mix);
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  invariant(bound > 0, "a random draw needs at least one possible outcome");
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const Product product = multiply(next(), bound);
    if (product.low >= threshold) return product.high;
  }
}

}  // namespace overcommit

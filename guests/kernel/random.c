/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

void random_seed(struct random* random, uint64_t seed, uint64_t consumer) { random->state = mix(seed + mix(consumer)); }

uint64_t random_next(struct random* random) {
  random->state += 0x9e3779b97f4a7c15u;
  return mix(random->state);
}

uint64_t random_below(struct random* random, uint64_t bound) { return random_next(random) % bound; }

int random_chance(struct random* random, uint64_t permille) { return random_below(random, 1000) < permille; }

uint64_t random_popular(struct random* random, uint64_t bound) {
  const uint64_t bits = 64 - (uint64_t)__builtin_clzll(bound);
  for (;;) {
    const uint64_t power = (uint64_t)1 << random_below(random, bits);
    const uint64_t rank = power + random_below(random, power) - 1;
    if (rank < bound) return rank;
  }
}

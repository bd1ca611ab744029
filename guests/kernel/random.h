/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeded random numbers, integers only. One generator per consumer: what one draws never moves what another gets. */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state;
};

/* A bijection of 64-bit numbers that looks random (the finisher of splitmix64). */
static inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* `consumer` tells generators of the same seed apart. */
void random_seed(struct random* random, uint64_t seed, uint64_t consumer);
uint64_t random_next(struct random* random);

/* Uniform in [0, bound); bound > 0. The bias of the remainder is below 2^-32 for every bound used here. */
uint64_t random_below(struct random* random, uint64_t bound);

/* True in `permille` of 1000 cases. */
int random_chance(struct random* random, uint64_t permille);

/*
 * Popularity: rank r in [0, bound) is drawn about proportionally to 1 / (r + 1), as requests to files are. Drawing the
 * number of bits uniformly and then the number among those with that many bits gives this law without logarithms.
 */
uint64_t random_popular(struct random* random, uint64_t bound);

#endif

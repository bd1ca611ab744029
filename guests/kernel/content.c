/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content.h"

#include "../abi/overcommit_abi.h"
#include "random.h"

#define WORDS (OC_PAGE_SIZE / 8)
#define STAMP_EVERY 64

/* 32 phrases of two words of eight letters. */
static const char phrases[32][17] = {"the page was    ", "in the cache    ", "reads the disk  ", "memory is never ", "and then writes ",
                                     "a guest that    ", "was swapped out ", "by the balloon  ", "to the machine  ", "which frames it ",
                                     "will be shared  ", "after a while   ", "of its target   ", "the first touch ", "zeroes the rest ",
                                     "when it is idle ", "under pressure  ", "asks for pages  ", "gives them back ", "counts the work ",
                                     "waits a second  ", "finds the block ", "compares bytes  ", "keeps a table   ", "follows a link  ",
                                     "marks it dirty  ", "evicts the old  ", "looks it up     ", "maps it again   ", "locks the frame ",
                                     "takes its turn  ", "knows nothing   "};

/* A call stores its return address, and an emulator takes a hundred times longer for a store than for a load. */
#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t text_word(uint64_t identity, uint64_t i) {
  if (i % 16 == 13) return (mix(identity + i) & 0x0f0f0f0f0f0f0f0fu) + 0x6161616161616161u; /* eight letters of its own */
  const char* phrase = phrases[mix(identity ^ (i / 2) << 32) % 32] + 8 * (i % 2);
  uint64_t word = 0;
  for (int letter = 7; letter >= 0; --letter) word = word << 8 | (uint8_t)phrase[letter];
  return word;
}

INLINE uint64_t code_word(uint64_t identity, uint64_t i) {
  const uint64_t draw = mix(identity + i);
  const uint64_t opcode = mix(draw % 32);
  return (draw >> 60) < 10 ? opcode : (opcode & 0xffffffffu) | (draw & 0xffffffff00000000u);
}

INLINE uint64_t record_word(uint64_t identity, uint64_t i) {
  const uint64_t draw = mix(identity + i);
  return i % 4 == 0 ? 0x00007f0000400000u + (draw % 8) * 64 : draw & (i % 4 == 1 ? 0xffu : 0x3u);
}

INLINE uint64_t stamp_word(uint64_t identity, uint64_t generation, uint64_t i) { return mix(identity + (generation << 40) + i) | 1; }

INLINE uint64_t word_at(enum content kind, uint64_t identity, uint64_t generation, uint64_t i) {
  if (kind == CONTENT_ZERO) return 0;
  if (i % STAMP_EVERY == 0) return stamp_word(identity, generation, i);
  switch (kind) {
    case CONTENT_TEXT: return text_word(identity, i);
    case CONTENT_CODE: return code_word(identity, i);
    case CONTENT_RECORDS: return record_word(identity, i);
    case CONTENT_RANDOM: return mix(identity + i);
    case CONTENT_ZERO: break;
  }
  return 0;
}

void content_fill(void* page, enum content kind, uint64_t identity, uint64_t generation) {
  uint64_t* words = page;
  for (uint64_t i = 0; i < WORDS; ++i) words[i] = word_at(kind, identity, generation, i);
}

void content_stamp(void* page, enum content kind, uint64_t identity, uint64_t generation) {
  uint64_t* words = page;
  if (kind == CONTENT_ZERO) return;
  for (uint64_t i = 0; i < WORDS; i += STAMP_EVERY) words[i] = stamp_word(identity, generation, i);
}

int content_check(const void* page, enum content kind, uint64_t identity, uint64_t generation, enum content_depth depth) {
  const uint64_t* words = page;
  const uint64_t step = depth == CHECK_ALL ? 1 : STAMP_EVERY;
  for (uint64_t i = 0; i < WORDS; i += step) {
    if (words[i] != word_at(kind, identity, generation, i)) return 0;
  }
  return 1;
}

uint32_t content_sum(const void* page) {
  const uint64_t* words = page;
  uint64_t sum = 1;
  for (uint64_t i = 0; i < WORDS; ++i) sum = (sum << 5 | sum >> 59) ^ words[i];
  return (uint32_t)mix(sum) | 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes.h"

#include "../abi/overcommit_abi.h"

void* memcpy(void* to, const void* from, size_t bytes) {
  uint8_t* target = to;
  const uint8_t* source = from;
  for (size_t i = 0; i < bytes; ++i) target[i] = source[i];
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  uint8_t* target = to;
  for (size_t i = 0; i < bytes; ++i) target[i] = (uint8_t)value;
  return to;
}

int text_equal(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

/* Plain stores, eight in a row: an emulator runs a REP STOS one word at a time. */
void clear_page(void* page) {
  uint64_t* word = page;
  for (uint64_t* end = word + OC_PAGE_SIZE / sizeof *word; word != end; word += 8) {
    word[0] = 0, word[1] = 0, word[2] = 0, word[3] = 0;
    word[4] = 0, word[5] = 0, word[6] = 0, word[7] = 0;
  }
}

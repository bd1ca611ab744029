/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What program pages hold: real bytes that compress and repeat as real memory does, and that can be checked. Word i of a page
 * is a function of the page's identity, so any word can be verified alone. Every 64th word is a stamp that also depends on
 * the page's generation, which its owner counts elsewhere: an old version of a page is noticed, too.
 */
#ifndef GUEST_CONTENT_H
#define GUEST_CONTENT_H

#include <stdint.h>

enum content {
  CONTENT_ZERO,    /* nothing but zeros; no stamps */
  CONTENT_TEXT,    /* phrases, some unique letters: compresses to about a third */
  CONTENT_CODE,    /* instruction-like: compresses to about two thirds */
  CONTENT_RECORDS, /* heap objects: few types, small numbers: compresses to about a quarter */
  CONTENT_RANDOM   /* does not compress */
};

void content_fill(void* page, enum content kind, uint64_t identity, uint64_t generation);

/* Rewrites the stamps for a new generation. */
void content_stamp(void* page, enum content kind, uint64_t identity, uint64_t generation);

/* Compares the stamps, or every word; answers 1 when all is well. */
enum content_depth { CHECK_STAMPS, CHECK_ALL };
int content_check(const void* page, enum content kind, uint64_t identity, uint64_t generation, enum content_depth depth);

/* A checksum of all 512 words of a page, never 0. */
uint32_t content_sum(const void* page);

#endif

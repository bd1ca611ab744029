/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A region: program memory whose every page is checked whenever it is used. The generation of each page is kept apart from
 * the page, so that an old version coming back is noticed like a wrong byte. Either is the end of the machine (a panic).
 */
#ifndef GUEST_REGION_H
#define GUEST_REGION_H

#include <stdint.h>

#include "../kernel/content.h"
#include "../kernel/random.h"

struct region {
  uint64_t base;
  uint64_t pages;       /* in use now */
  uint64_t capacity;    /* pages */
  uint64_t generations; /* address of one uint16_t a page; 0 = never filled */
  uint64_t identity;
  uint64_t uses;
  enum content kind;
};

/* Address space for up to `bytes`; nothing is touched yet. `consumer` tells the regions of a program apart. */
void region_create(struct region* region, uint64_t bytes, enum content kind, uint64_t consumer);
void region_destroy(struct region* region);

/* Grows (filling the new pages, at `page_work` declared nanoseconds each) or shrinks (giving pages back) to `bytes`. */
void region_resize(struct region* region, uint64_t bytes, uint64_t page_work);

/* Fills a page anew. */
void region_fill(struct region* region, uint64_t page);

/* Checks a page; answers a value that depends on its generation only. */
uint64_t region_read(struct region* region, uint64_t page);

/* Checks a page and writes its next generation. */
uint64_t region_write(struct region* region, uint64_t page);

/* region_write() in `permille` of 1000 cases, else region_read(). */
uint64_t region_use(struct region* region, uint64_t page, struct random* random, uint64_t permille);

#endif

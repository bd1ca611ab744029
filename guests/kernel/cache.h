/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page cache over the image disk. A cached block is found by hashing its number; chains run through the frame table. Each
 * cache frame is mapped at a fixed place in the cache window of the dynamic area, so that its entry has accessed and dirty
 * bits of its own for the clock hand.
 */
#ifndef GUEST_CACHE_H
#define GUEST_CACHE_H

#include <stdint.h>

#include "../abi/overcommit_abi.h"

/* `buckets` has `bucket_count` (a power of two) entries, all NO_FRAME. */
void cache_begin(const struct oc_boot_info* boot, uint32_t* buckets, uint32_t bucket_count);

/* The bytes of an image block, valid until cache_close(). A page opened with CACHE_OVERWRITE need not be read: all of it will be written. */
enum cache_intent { CACHE_USE, CACHE_OVERWRITE };
void* cache_open(uint64_t block, enum cache_intent intent);
void cache_close(const void* page);

/* For the clock hand. */
uint64_t cache_address(uint32_t frame);
void cache_evict(uint32_t frame);

/* After a program died with pages open. */
void cache_close_all(void);

/* Blocks on the image disk; 0 = there is none. */
uint64_t cache_disk_blocks(void);

#endif

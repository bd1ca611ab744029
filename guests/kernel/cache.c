/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include "console.h"
#include "frames.h"
#include "hypercall.h"
#include "pressure.h"
#include "random.h"
#include "stats.h"
#include "tables.h"

static uint64_t window;
static uint64_t disk_blocks;
static uint32_t* buckets; /* first frame of each chain */
static uint32_t bucket_mask;

void cache_begin(const struct oc_boot_info* boot, uint32_t* storage, uint32_t bucket_count) {
  window = boot->dynamic_base;
  disk_blocks = boot->image_blocks;
  buckets = storage;
  bucket_mask = bucket_count - 1;
}

uint64_t cache_disk_blocks(void) { return disk_blocks; }

uint64_t cache_address(uint32_t frame) { return window + frame_address(frame); }

static uint32_t frame_of(const void* page) { return (uint32_t)(((uint64_t)page - window) >> 12); }

static uint32_t* chain_of(uint64_t block) { return &buckets[mix(block) & bucket_mask]; }

static uint32_t find(uint64_t block) {
  uint32_t frame = *chain_of(block);
  while (frame != NO_FRAME && frames[frame].owner != block) frame = frames[frame].next;
  return frame;
}

static uint32_t load(uint64_t block, enum cache_intent intent) {
  const uint32_t frame = frame_obtain(FRAME_CACHE, block, EFFORT_KILL);
  frames[frame].flags = FRAME_PINNED;
  if (intent == CACHE_USE) {
    if (disk_transfer(OC_DISK_READ_IMAGE, block, frame_address(frame)) != OC_DISK_OK) {
      panic("image disk: cannot read block %u", block);
    }
    ++stats.cache_reads;
  }
  if (!tables_reserve(cache_address(frame), OC_PAGE_SIZE)) panic("page cache: out of page tables");
  table_set(cache_address(frame), frame_address(frame) | ENTRY_ACCESSED | ENTRY_WRITABLE | ENTRY_PRESENT);
  uint32_t* chain = chain_of(block);
  frames[frame].next = *chain;
  *chain = frame;
  return frame;
}

void* cache_open(uint64_t block, enum cache_intent intent) {
  if (block >= disk_blocks) panic("image disk: no block %u", block);
  uint32_t frame = find(block);
  if (frame == NO_FRAME) {
    frame = load(block, intent);
  } else {
    ++stats.cache_hits;
  }
  frames[frame].flags |= FRAME_PINNED;
  return (void*)cache_address(frame);
}

void cache_close(const void* page) { frames[frame_of(page)].flags &= (uint8_t)~FRAME_PINNED; }

void cache_close_all(void) {
  for (uint32_t frame = frames_first_free; frame < frame_count; ++frame) {
    if (frames[frame].use == FRAME_CACHE) frames[frame].flags &= (uint8_t)~FRAME_PINNED;
  }
}

void cache_evict(uint32_t frame) {
  const uint64_t block = frames[frame].owner;
  const uint64_t gva = cache_address(frame);
  const int written = (*table_entry(gva) & ENTRY_DIRTY) != 0;
  table_set(gva, 0);
  if (written && disk_transfer(OC_DISK_WRITE_IMAGE, block, frame_address(frame)) != OC_DISK_OK) {
    panic("image disk: cannot write block %u", block);
  }
  uint32_t* link = chain_of(block);
  while (*link != frame) link = &frames[*link].next;
  *link = frames[frame].next;
  frame_give(frame);
}

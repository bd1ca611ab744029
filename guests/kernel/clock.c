/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"

#include "cache.h"
#include "frames.h"
#include "swap.h"
#include "tables.h"

static uint32_t hand;

static int replaceable(const struct frame* frame) {
  if (frame->flags & FRAME_PINNED) return 0;
  return frame->use == FRAME_CACHE || (frame->use == FRAME_USER && swap_has_room());
}

static uint64_t address_of(uint32_t number) {
  return frames[number].use == FRAME_CACHE ? cache_address(number) : frames[number].owner << 12;
}

/* One step of the hand; answers whether a frame became free. */
static int visit(uint32_t number) {
  if (!replaceable(&frames[number])) return 0;
  const uint64_t gva = address_of(number);
  const uint64_t entry = *table_entry(gva);
  if (entry & ENTRY_ACCESSED) {
    table_set(gva, entry & ~(uint64_t)ENTRY_ACCESSED);
    return 0;
  }
  if (frames[number].use == FRAME_CACHE) {
    cache_evict(number);
  } else {
    swap_out(number);
  }
  return 1;
}

uint64_t clock_replace(uint64_t wanted) {
  uint64_t freed = 0;
  /* Twice round: once to take accessed bits away, once to find the pages that stayed untouched. */
  for (uint64_t steps = 2ull * frame_count; steps > 0 && freed < wanted; --steps) {
    if (++hand >= frame_count || hand < frames_first_free) hand = frames_first_free;
    freed += (uint64_t)visit(hand);
  }
  return freed;
}

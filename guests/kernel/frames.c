/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include "console.h"
#include "stats.h"
#include "truth.h"

struct frame* frames;
uint32_t frame_count;
uint32_t frames_first_free;

static struct frame_list soiled; /* free, used before */
static struct frame_list zeroed; /* free, cleared by the zero-page thread */
static uint32_t fresh;           /* free and never used: [fresh, frame_count) */

static uint64_t* use_counter(enum frame_use use) {
  switch (use) {
    case FRAME_FREE: return &stats.frames_free;
    case FRAME_KERNEL:
    case FRAME_TABLE: return &stats.frames_kernel;
    case FRAME_CACHE: return &stats.frames_cache;
    case FRAME_USER: return &stats.frames_user;
    case FRAME_BALLOON: return &stats.frames_balloon;
  }
  panic("frame use %u", (uint64_t)use);
}

static enum oc_truth_kind truth_of(enum frame_use use) {
  static const uint8_t kinds[] = {OC_TRUTH_FREE, OC_TRUTH_KERNEL, OC_TRUTH_TABLE, OC_TRUTH_CACHE, OC_TRUTH_USER, OC_TRUTH_BALLOON};
  return kinds[use];
}

void frames_begin(struct frame* table, uint32_t count, uint32_t first) {
  frames = table;
  frame_count = count;
  frames_first_free = first;
  fresh = first;
  stats.frames_free = count;
}

void frame_use(uint32_t frame, enum frame_use use, uint64_t owner) {
  --*use_counter(frames[frame].use);
  ++*use_counter(use);
  frames[frame].use = (uint8_t)use;
  frames[frame].owner = owner;
  truth_tell(truth_of(use), frame, owner);
}

void frame_list_push(struct frame_list* list, uint32_t frame) {
  frames[frame].next = list->first;
  list->first = frame;
  ++list->count;
}

uint32_t frame_list_pop(struct frame_list* list) {
  const uint32_t frame = list->first;
  if (frame == NO_FRAME) return NO_FRAME;
  list->first = frames[frame].next;
  --list->count;
  return frame;
}

uint32_t frame_take(enum frame_use use, uint64_t owner) {
  uint32_t frame = frame_list_pop(&zeroed);
  if (frame == NO_FRAME) frame = frame_take_soiled();
  if (frame == NO_FRAME) frame = frame_take_fresh();
  if (frame != NO_FRAME) frame_use(frame, use, owner);
  return frame;
}

void frame_give(uint32_t frame) {
  if (frames[frame].use == FRAME_FREE) panic("frame %u freed twice", (uint64_t)frame);
  frame_use(frame, FRAME_FREE, 0);
  frames[frame].flags = 0;
  frame_list_push(&soiled, frame);
}

uint32_t frame_take_soiled(void) { return frame_list_pop(&soiled); }

uint32_t frame_take_fresh(void) {
  if (fresh == frame_count) return NO_FRAME;
  frames[fresh].flags = FRAME_ZEROED; /* all memory is zero when the machine starts */
  return fresh++;
}

void frame_give_zeroed(uint32_t frame) {
  frames[frame].flags = FRAME_ZEROED;
  frame_list_push(&zeroed, frame);
}

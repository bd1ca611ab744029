/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page frames: what each 4 KiB of the machine's memory is used for, and which are free.
 *
 *   frame table, one entry a frame:   | use | flags | next | owner |
 *
 * The free list runs through the `next` fields of the table, not through the free pages: a free page is never written, so
 * nothing that the hypervisor could see changes when memory is freed. That is why it cannot know, and needs a balloon.
 * Every frame is in exactly one use, and the counts in `stats` agree with the table.
 */
#ifndef GUEST_FRAMES_H
#define GUEST_FRAMES_H

#include <stdint.h>

enum frame_use { FRAME_FREE, FRAME_KERNEL, FRAME_TABLE, FRAME_CACHE, FRAME_USER, FRAME_BALLOON };

#define FRAME_ZEROED 0x1u /* held only zeros when it was taken */
#define FRAME_PINNED 0x2u /* must not be replaced now */
#define NO_FRAME 0u       /* frame 0 is never used */

struct frame {
  uint8_t use;
  uint8_t flags;
  uint16_t unused;
  uint32_t next;  /* in whichever list the frame is in */
  uint64_t owner; /* user: page number of its virtual address; cache: image block */
};

struct frame_list {
  uint32_t first; /* NO_FRAME when empty */
  uint32_t count;
};

extern struct frame* frames;       /* indexed by frame number */
extern uint32_t frame_count;       /* of the whole machine */
extern uint32_t frames_first_free; /* frames below it are the kernel's for ever */

/* Takes over all frames from `first` on; the table itself lies below. */
void frames_begin(struct frame* table, uint32_t count, uint32_t first);

/* Takes a free frame, or answers NO_FRAME. Pages known to be zero come first, then pages used before, then new ones. */
uint32_t frame_take(enum frame_use use, uint64_t owner);
void frame_give(uint32_t frame);

/* Marks what a frame is used for and tells the truth channel. */
void frame_use(uint32_t frame, enum frame_use use, uint64_t owner);

void frame_list_push(struct frame_list* list, uint32_t frame);
uint32_t frame_list_pop(struct frame_list* list); /* NO_FRAME when empty */

/* For the zero-page thread: a free frame that may hold old data leaves the free list, and comes back cleared. */
uint32_t frame_take_soiled(void);
uint32_t frame_take_fresh(void); /* never used since the machine started */
void frame_give_zeroed(uint32_t frame);

/* Virtual = physical for the kernel: the address of a frame's bytes. */
static inline uint64_t frame_address(uint32_t frame) { return (uint64_t)frame << 12; }

#endif

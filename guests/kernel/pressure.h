/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getting a frame when there may be none: how hard to try is the caller's to say. */
#ifndef GUEST_PRESSURE_H
#define GUEST_PRESSURE_H

#include <stdint.h>

#include "frames.h"

enum effort {
  EFFORT_FREE_ONLY, /* take from the free list, leaving the reserve */
  EFFORT_RECLAIM,   /* replace pages if need be, leaving the reserve */
  EFFORT_KILL       /* for a page fault, which must be served: use the reserve, replace pages, in the end kill the program */
};

/* A frame for `use`, or NO_FRAME when this much effort gives none. With EFFORT_KILL it always answers a frame, or the program ends. */
uint32_t frame_obtain(enum frame_use use, uint64_t owner, enum effort effort);

/* Free frames that only page faults may use: 1/64 of the machine, at least 16. */
uint64_t frame_reserve(void);

#endif

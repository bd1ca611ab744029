/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's side of the balloon driver's seam. */
#include "attention.h"
#include "balloon.h"

uint32_t balloon_page_allocate(enum effort effort) {
  /* A balloon may squeeze the machine, not kill programs: that is left to whoever needs the memory next. */
  return frame_obtain(FRAME_BALLOON, 0, effort == EFFORT_KILL ? EFFORT_RECLAIM : effort);
}

void balloon_page_free(uint32_t page) { frame_give(page); }

uint64_t balloon_machine_pages(void) { return frame_count; }

void balloon_spend(uint64_t nanoseconds) { declare_work(nanoseconds); }

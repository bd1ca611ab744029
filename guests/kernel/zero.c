/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zero.h"

#include "attention.h"
#include "bytes.h"
#include "frames.h"

#define PAGES_AT_ONCE 32

static int enabled;

void zero_thread_enable(void) { enabled = 1; }

void zero_thread_run(void) {
  if (!enabled) return;
  for (int pages = 0; pages < PAGES_AT_ONCE; ++pages) {
    const uint32_t frame = frame_take_soiled();
    if (frame == NO_FRAME) return;
    clear_page((void*)frame_address(frame));
    frame_give_zeroed(frame);
  }
}

/* New memory is zero, so one store brings a page to life: to the hypervisor that is the same as 512 of them. */
void zero_everything(uint64_t page_work) {
  uint64_t pages = 0;
  for (uint32_t frame; (frame = frame_take_fresh()) != NO_FRAME;) {
    *(volatile uint64_t*)frame_address(frame) = 0;
    frame_give_zeroed(frame);
    if (++pages % PAGES_AT_ONCE == 0) declare_work(PAGES_AT_ONCE * page_work);
  }
}

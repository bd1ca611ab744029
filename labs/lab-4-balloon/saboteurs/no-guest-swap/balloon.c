/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "balloon.h"

#define PAGES_A_POLL 512u

static struct frame_list locked; /* the balloon */
static uint64_t target;
static int connected;

static uint32_t command(uint32_t number, uint64_t first, uint64_t second) {
  struct balloon_reply reply;
  const uint32_t status = balloon_command(number, first, second, &reply);
  if (status == OC_BALLOON_RESET) connected = 0;
  if (status == OC_BALLOON_SUCCESS) {
    target = reply.result;
    stats.balloon_target = target;
  }
  return status;
}

/* The host holds none of our pages now: whatever we had is ours again. */
static void connect(void) {
  struct balloon_reply reply;
  for (uint32_t page; (page = frame_list_pop(&locked)) != NO_FRAME;) balloon_page_free(page);
  const uint32_t status = balloon_command(OC_BALLOON_START, OC_BALLOON_CAP_BASIC, 0, &reply);
  connected = status == OC_BALLOON_SUCCESS || status == OC_BALLOON_SUCCESS_WITH_CAPABILITIES;
  if (connected) command(OC_BALLOON_GUEST_ID, OC_BALLOON_GUEST_LINUX, 0);
}

/* A page is ours once the kernel has given it, and the host's once it has answered. */
static void inflate(void) {
  for (uint32_t i = 0; i < PAGES_A_POLL && locked.count < target; ++i) {
    uint32_t page = balloon_page_allocate(EFFORT_FREE_ONLY);
    if (page == NO_FRAME) page = balloon_page_allocate(EFFORT_RECLAIM);
    if (page == NO_FRAME) return;
    if (command(OC_BALLOON_LOCK, page, 0) != OC_BALLOON_SUCCESS) {
      balloon_page_free(page);
      return;
    }
    frame_list_push(&locked, page);
  }
}

/* The other way round: the host lets go of it first. */
static void deflate(void) {
  for (uint32_t i = 0; i < PAGES_A_POLL && locked.count > target; ++i) {
    const uint32_t page = frame_list_pop(&locked);
    if (command(OC_BALLOON_UNLOCK, page, 0) != OC_BALLOON_SUCCESS) {
      frame_list_push(&locked, page);
      return;
    }
    balloon_page_free(page);
  }
}

void balloon_start(void) { connected = 0; }

void balloon_poll(void) {
  if (!connected) connect();
  if (!connected) return;
  if (command(OC_BALLOON_GET_TARGET, balloon_machine_pages(), 0) != OC_BALLOON_SUCCESS) return;
  if (locked.count < target) inflate();
  if (locked.count > target) deflate();
}

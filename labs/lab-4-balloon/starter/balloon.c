/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lab 4, part 3: the balloon driver, the guest's half of ballooning. It is part of the guest's kernel, and compiled with it.
 *
 *   try it:      overcommit run driver.toml --driver balloon.c --trace mine.octrace
 *   look at it:  overcommit trace events mine.octrace --kind balloon-target,inflate,deflate,pop --limit 40
 *   ask:         overcommit lab check 4 3.1 --submission .
 *
 * balloon.h (share/overcommit/guests/kernel) is what the kernel offers; the protocol is in docs/reference/guest-abi.md.
 */
#include "balloon.h"

static struct frame_list locked; /* the pages in the balloon: frame_list_push(), frame_list_pop(), locked.count */
static uint64_t target;          /* how many there should be */
static int connected;

/* One command to the host. Nearly every answer tells the target. */
static uint32_t command(uint32_t number, uint64_t first, uint64_t second) {
  struct balloon_reply reply;
  const uint32_t status = balloon_command(number, first, second, &reply);
  if (status == OC_BALLOON_RESET) connected = 0; /* the host has forgotten all pages: begin again */
  if (status == OC_BALLOON_SUCCESS) {
    target = reply.result;
    stats.balloon_target = target;
  }
  return status;
}

static void connect(void) {
  struct balloon_reply reply;
  /* Whatever was in the balloon is the guest's own again. */
  for (uint32_t page; (page = frame_list_pop(&locked)) != NO_FRAME;) balloon_page_free(page);
  const uint32_t status = balloon_command(OC_BALLOON_START, OC_BALLOON_CAP_BASIC, 0, &reply);
  connected = status == OC_BALLOON_SUCCESS || status == OC_BALLOON_SUCCESS_WITH_CAPABILITIES;
  if (connected) command(OC_BALLOON_GUEST_ID, OC_BALLOON_GUEST_LINUX, 0);
}

/*
 * Grow: allocate a page (balloon_page_allocate(); EFFORT_FREE_ONLY gives what lies idle, EFFORT_RECLAIM lets the guest page something out),
 * tell the host of it (OC_BALLOON_LOCK), keep it in the list. From then on its frame is the host's. What if the host refuses it? What if
 * the guest has none to give? And how many in one poll, so that the guest still gets to do something else?
 */
static void inflate(void) {}

/* Shrink: in which order do the host and the guest's kernel hear of a page? */
static void deflate(void) {}

/* Once, when the driver is loaded. */
void balloon_start(void) { connected = 0; }

/* Again and again, once a second (ten times a second in driver.toml). */
void balloon_poll(void) {
  if (!connected) connect();
  if (!connected) return;
  if (command(OC_BALLOON_GET_TARGET, balloon_machine_pages(), 0) != OC_BALLOON_SUCCESS) return;
  if (locked.count < target) inflate();
  if (locked.count > target) deflate();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The balloon driver's seam: the kernel calls the two functions below, the driver may use everything else in this file. A
 * driver of your own is one object file that defines balloon_start() and balloon_poll(); link it in place of balloon.c:
 *
 *     gcc -c $GUEST_CFLAGS my_balloon.c
 *     ld -T kernel.ld prebuilt/kernel-without-balloon.o my_balloon.o -o my-guest.elf
 *
 * (guests/build.sh --balloon my_balloon.c my-guest.elf does both.) The protocol is described in docs/reference/guest-abi.md.
 */
#ifndef GUEST_BALLOON_H
#define GUEST_BALLOON_H

#include "../abi/overcommit_abi.h"
#include "frames.h"
#include "pressure.h"
#include "stats.h"

/* ---- The driver's duty ---- */

/* Once, when the driver is loaded. */
void balloon_start(void);

/* About once a second afterwards: find out the target and move towards it. */
void balloon_poll(void);

/* ---- What the kernel offers ---- */

/* What the host answered besides the status. */
struct balloon_reply {
  uint64_t result;       /* the target in pages, for every command but START */
  uint64_t capabilities; /* START only */
};

/* One command of the protocol; answers its status. */
uint32_t balloon_command(uint32_t command, uint64_t first, uint64_t second, struct balloon_reply* reply);

/*
 * A page for the balloon: NO_FRAME, or its page number. It stays out of the kernel's hands until balloon_page_free(). With
 * EFFORT_FREE_ONLY the kernel gives only what lies idle; with EFFORT_RECLAIM it replaces pages, which may write to its swap disk.
 */
uint32_t balloon_page_allocate(enum effort effort);
void balloon_page_free(uint32_t page);

/* frame_list_push() and frame_list_pop() of frames.h keep a list of such pages without memory of the driver's own. */

/* All pages of the machine. */
uint64_t balloon_machine_pages(void);

/* Virtual time that the driver's own work takes. */
void balloon_spend(uint64_t nanoseconds);

/* stats.balloon_target and stats.balloon_refused (stats.h) are the driver's to keep. */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own view of its memory, in a page of its own that the hypervisor may look at (never act upon). */
#ifndef GUEST_STATS_H
#define GUEST_STATS_H

#include "../abi/overcommit_abi.h"

/* The union keeps everything else out of the page. */
extern union stats_page {
  struct oc_guest_stats numbers;
  uint8_t page[OC_PAGE_SIZE];
} stats_page;

#define stats (stats_page.numbers)

/* Announces the page to the hypervisor: from here on the machine counts as booted. */
void stats_announce(void);

#endif

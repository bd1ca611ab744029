/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats.h"

#include "hypercall.h"

union stats_page stats_page __attribute__((aligned(OC_PAGE_SIZE)));

void stats_announce(void) { hypercall(OC_ABI_VERSION, (uint64_t)&stats_page, 0, OC_CALL_READY); }

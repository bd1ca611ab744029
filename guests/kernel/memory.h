/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Program memory: areas of virtual pages in the dynamic area. A page has no frame until it is touched (demand zero), and may
 * lose it again to the swap disk.
 *
 *   dynamic area   | cache window: one page a frame | areas, each aligned to 2 MiB …                       |
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdint.h>

#include "../abi/overcommit_abi.h"

void memory_begin(const struct oc_boot_info* boot);

/* A new area of at least `bytes`, all zero; answers its address, or 0 when there is no room or there are no page tables. */
uint64_t area_create(uint64_t bytes);

/* Ends an area: its frames become free, its swap blocks too. */
void area_destroy(uint64_t base);
void area_destroy_all(void);

/* Gives back the frames and swap blocks of [gva, gva + bytes) inside an area; the pages read as zero afterwards. */
void area_forget(uint64_t gva, uint64_t bytes);

/* Pages of the biggest area. */
uint64_t area_biggest(void);

/* The page-fault handler's question: is `address` a page that may be made present? If so, it is now. */
int memory_serve_fault(uint64_t address);

/* The frame behind a program page, made present and marked as written, for a device to use. Valid until memory is next touched. */
uint32_t memory_frame_for_device(uint64_t gva);

#endif

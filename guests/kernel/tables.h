/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of the dynamic area, the only part of the address space that this kernel maps as it likes.
 *
 *   gva  | 47..39 | 38..30 | 29..21 | 20..12 | 11..0 |
 *          PML4     PDPT     PD       PT       offset
 *
 *   entry, present:      frame << 12 | dirty 0x40 | accessed 0x20 | writable 0x2 | present 0x1
 *   entry, swapped out:  swap block << 12 | swapped 0x200
 *   entry, never used:   0
 *
 * Tables come from the pool that the loader declared, never from ordinary frames: the hypervisor leaves the pool alone.
 */
#ifndef GUEST_TABLES_H
#define GUEST_TABLES_H

#include <stdint.h>

#include "../abi/overcommit_abi.h"

#define ENTRY_PRESENT 0x1u
#define ENTRY_WRITABLE 0x2u
#define ENTRY_ACCESSED 0x20u
#define ENTRY_DIRTY 0x40u
#define ENTRY_LARGE 0x80u
#define ENTRY_SWAPPED 0x200u

static inline uint32_t entry_frame(uint64_t entry) { return (uint32_t)((entry & 0x000ffffffffff000u) >> 12); }
static inline uint64_t entry_swap_block(uint64_t entry) { return entry >> 12; }

void tables_begin(const struct oc_boot_info* boot);

/* Makes sure that all of [gva, gva + bytes) has page tables. Answers 0 when the pool is used up. */
int tables_reserve(uint64_t gva, uint64_t bytes);

/* Gives the page tables of [gva, gva + bytes) back to the pool; the range is aligned to 2 MiB and nothing in it is mapped. */
void tables_release(uint64_t gva, uint64_t bytes);

/* The 4 KiB entry of `gva`, or a null pointer where there is no page table. */
uint64_t* table_entry(uint64_t gva);

/* Sets the entry of a page that has a page table, and forgets what the processor remembers of it. */
void table_set(uint64_t gva, uint64_t entry);

/* Changes an identity-mapped kernel page below 2 MiB to not present. */
void table_guard(uint64_t address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory.h"

#include "bytes.h"
#include "console.h"
#include "frames.h"
#include "pressure.h"
#include "stats.h"
#include "swap.h"
#include "tables.h"

#define AREAS 32
#define ALIGNMENT (512ull * OC_PAGE_SIZE) /* one page table belongs to one area only */

static struct area {
  uint64_t base; /* 0 = unused entry */
  uint64_t bytes;
} areas[AREAS];

static uint64_t user_begin, user_end;

void memory_begin(const struct oc_boot_info* boot) {
  user_begin = boot->dynamic_base + boot->memory_bytes;
  user_end = boot->dynamic_base + boot->dynamic_size;
}

static struct area* area_of(uint64_t address) {
  for (struct area* area = areas; area < areas + AREAS; ++area) {
    if (area->base != 0 && address >= area->base && address < area->base + area->bytes) return area;
  }
  return 0;
}

/* The area that overlaps [base, base + bytes), if any. */
static const struct area* area_overlapping(uint64_t base, uint64_t bytes) {
  for (const struct area* area = areas; area < areas + AREAS; ++area) {
    if (area->base != 0 && base < area->base + area->bytes && area->base < base + bytes) return area;
  }
  return 0;
}

uint64_t area_create(uint64_t bytes) {
  struct area* entry = areas;
  while (entry < areas + AREAS && entry->base != 0) ++entry;
  if (entry == areas + AREAS || bytes == 0) return 0;

  bytes = (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  uint64_t base = user_begin;
  for (const struct area* taken; (taken = area_overlapping(base, bytes)) != 0;) base = taken->base + taken->bytes;
  if (bytes > user_end - base || base > user_end) return 0;
  if (!tables_reserve(base, bytes)) {
    tables_release(base, bytes);
    return 0;
  }
  *entry = (struct area){base, bytes};
  return base;
}

void area_forget(uint64_t gva, uint64_t bytes) {
  for (uint64_t page = gva; page < gva + bytes; page += OC_PAGE_SIZE) {
    const uint64_t entry = *table_entry(page);
    if (entry == 0) continue;
    table_set(page, 0);
    if (entry & ENTRY_PRESENT) {
      frame_give(entry_frame(entry));
    } else {
      swap_release(entry_swap_block(entry));
    }
  }
}

void area_destroy(uint64_t base) {
  struct area* area = area_of(base);
  if (area == 0 || area->base != base) panic("no area at %x", base);
  area_forget(area->base, area->bytes);
  tables_release(area->base, area->bytes);
  area->base = 0;
}

void area_destroy_all(void) {
  for (struct area* area = areas; area < areas + AREAS; ++area) {
    if (area->base != 0) area_destroy(area->base);
  }
}

uint64_t area_biggest(void) {
  uint64_t biggest = 0;
  for (const struct area* area = areas; area < areas + AREAS; ++area) {
    if (area->base != 0 && area->bytes > biggest) biggest = area->bytes;
  }
  return biggest / OC_PAGE_SIZE;
}

/*
 * Demand zero. A page that is not known to be zero is cleared through its new virtual address, not through its physical one: whichever way leads
 * to the frame first costs the hypervisor a fault, and the program is about to come this way.
 */
static void make_zero_page(uint64_t page) {
  const uint32_t frame = frame_obtain(FRAME_USER, page >> 12, EFFORT_KILL);
  const int zeroed = (frames[frame].flags & FRAME_ZEROED) != 0;
  frames[frame].flags = 0;
  table_set(page, frame_address(frame) | ENTRY_WRITABLE | ENTRY_PRESENT);
  if (!zeroed) clear_page((void*)page);
  ++stats.minor_faults;
}

int memory_serve_fault(uint64_t address) {
  const uint64_t page = address & ~(uint64_t)(OC_PAGE_SIZE - 1);
  if (area_of(page) == 0) return 0;
  const uint64_t entry = *table_entry(page);
  if (entry & ENTRY_PRESENT) return 0;
  if (entry & ENTRY_SWAPPED) {
    swap_in(page);
    ++stats.major_faults;
  } else {
    make_zero_page(page);
  }
  return 1;
}

uint32_t memory_frame_for_device(uint64_t gva) {
  const uint64_t page = gva & ~(uint64_t)(OC_PAGE_SIZE - 1);
  volatile uint8_t* byte = (volatile uint8_t*)page;
  *byte = *byte; /* faults it in; the processor sets accessed and dirty, which a device does not */
  return entry_frame(*table_entry(page));
}

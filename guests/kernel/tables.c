/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables.h"

#include "bytes.h"
#include "console.h"
#include "frames.h"
#include "hypercall.h"

#define TABLE_SPAN (512ull * OC_PAGE_SIZE) /* bytes that one page table (the lowest level) covers */

static uint64_t* top;            /* the PML4, made by the loader */
static struct frame_list unused; /* pool pages that came back */
static uint32_t next_unused;     /* pool pages from here to the end were never used */
static uint32_t pool_end;

void tables_begin(const struct oc_boot_info* boot) {
  top = (uint64_t*)boot->table_pool;
  next_unused = (uint32_t)((boot->table_pool >> 12) + boot->table_pool_used);
  pool_end = (uint32_t)((boot->table_pool >> 12) + boot->table_pool_pages);
}

static uint32_t take_table(void) {
  uint32_t page = frame_list_pop(&unused);
  if (page == NO_FRAME && next_unused < pool_end) page = next_unused++;
  if (page != NO_FRAME) clear_page((void*)frame_address(page));
  return page;
}

/* The entry that leads to `gva` at `level` (0 = page table … 3 = PML4); with `make`, missing tables above it are added. */
static uint64_t* entry_at(uint64_t gva, int level, int make) {
  uint64_t* table = top;
  for (int at = 3;; --at) {
    uint64_t* entry = &table[(gva >> (12 + 9 * at)) & 511];
    if (at == level) return entry;
    if (!(*entry & ENTRY_PRESENT)) {
      const uint32_t page = make ? take_table() : NO_FRAME;
      if (page == NO_FRAME) return 0;
      *entry = frame_address(page) | ENTRY_WRITABLE | ENTRY_PRESENT;
    }
    if (*entry & ENTRY_LARGE) return 0;
    table = (uint64_t*)frame_address(entry_frame(*entry));
  }
}

/* The processor may remember old entries, and so may an emulator's window onto our memory: both are told. */
static void forget(uint64_t gva) {
  __asm__ volatile("invlpg (%0)" : : "r"(gva) : "memory");
  hypercall(gva, 0, 0, OC_CALL_TLB_FLUSH);
}

int tables_reserve(uint64_t gva, uint64_t bytes) {
  for (uint64_t at = gva & ~(TABLE_SPAN - 1); at < gva + bytes; at += TABLE_SPAN) {
    if (entry_at(at, 0, 1) == 0) return 0;
  }
  return 1;
}

void tables_release(uint64_t gva, uint64_t bytes) {
  for (uint64_t at = gva; at < gva + bytes; at += TABLE_SPAN) {
    uint64_t* entry = entry_at(at, 1, 0);
    if (entry == 0 || !(*entry & ENTRY_PRESENT)) continue;
    frame_list_push(&unused, entry_frame(*entry));
    *entry = 0;
    forget(at);
  }
}

uint64_t* table_entry(uint64_t gva) { return entry_at(gva, 0, 0); }

void table_set(uint64_t gva, uint64_t entry) {
  uint64_t* at = table_entry(gva);
  if (at == 0) panic("no page table for %x", gva);
  const uint64_t old = *at;
  *at = entry;
  if (old & ENTRY_PRESENT) forget(gva);
}

void table_guard(uint64_t address) {
  uint64_t* entry = table_entry(address);
  if (entry == 0) return;
  *entry = 0;
  forget(address);
}

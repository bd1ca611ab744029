/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "swap.h"

#include "console.h"
#include "frames.h"
#include "hypercall.h"
#include "pressure.h"
#include "stats.h"
#include "tables.h"
#include "truth.h"

static uint64_t* used; /* one bit a block */
static uint64_t block_count;
static uint64_t free_count;
static uint64_t next; /* search goes on where it last ended */

void swap_begin(uint64_t* map, uint64_t blocks) {
  used = map;
  block_count = blocks;
  free_count = blocks;
}

int swap_has_room(void) { return free_count != 0; }

static uint64_t take_block(void) {
  while (used[next / 64] >> (next % 64) & 1) next = next + 1 == block_count ? 0 : next + 1;
  used[next / 64] |= 1ull << (next % 64);
  --free_count;
  return next;
}

void swap_release(uint64_t block) {
  used[block / 64] &= ~(1ull << (block % 64));
  ++free_count;
}

void swap_out(uint32_t frame) {
  const uint64_t page = frames[frame].owner;
  const uint64_t block = take_block();
  if (disk_transfer(OC_DISK_WRITE_SWAP, block, frame_address(frame)) != OC_DISK_OK) {
    panic("swap disk: cannot write block %u", block);
  }
  table_set(page << 12, block << 12 | ENTRY_SWAPPED);
  truth_tell(OC_TRUTH_SWAPPED_OUT, page, block);
  frame_give(frame);
  ++stats.swap_outs;
}

void swap_in(uint64_t gva) {
  const uint32_t frame = frame_obtain(FRAME_USER, gva >> 12, EFFORT_KILL);
  const uint64_t block = entry_swap_block(*table_entry(gva));
  frames[frame].flags = 0;
  if (disk_transfer(OC_DISK_READ_SWAP, block, frame_address(frame)) != OC_DISK_OK) {
    panic("swap disk: cannot read block %u", block);
  }
  table_set(gva, frame_address(frame) | ENTRY_ACCESSED | ENTRY_WRITABLE | ENTRY_PRESENT);
  swap_release(block);
  ++stats.swap_ins;
}

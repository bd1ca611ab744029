/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database: manages its own cache. A big buffer pool in program memory holds pages of a table on the image disk, read and
 * written around the page cache. While the pool fits in memory every row is near; when the guest has to swap the pool out,
 * a row that the database believes to be in memory is on a disk after all.
 */
#include "../kernel/cache.h"
#include "../kernel/hypercall.h"
#include "../kernel/memory.h"
#include "program.h"

#define NOWHERE 0xffffffffu

/* Kept per page of the table, in program memory like the pool. */
struct table_page {
  uint32_t buffer; /* where in the pool, or NOWHERE */
  uint32_t generation;
};

/* Kept per buffer of the pool. */
struct buffer {
  uint32_t page;
  uint8_t used;    /* since the hand last came by */
  uint8_t changed; /* since it was read */
};

static struct table_page* table;
static struct buffer* buffers;
static uint64_t pool;
static uint64_t table_pages, pool_pages;
static uint64_t filled; /* buffers in use; the hand moves once all are */
static uint64_t hand;

static void* buffer_address(uint64_t buffer) { return (void*)(pool + buffer * OC_PAGE_SIZE); }

static uint64_t identity_of(uint64_t page) { return mix(argument_seed() + mix(2) + page); }

static void transfer(enum oc_disk_operation operation, uint64_t page, uint64_t buffer) {
  const uint32_t frame = memory_frame_for_device((uint64_t)buffer_address(buffer));
  if (disk_transfer(operation, page, (uint64_t)frame << 12) != OC_DISK_OK) panic("table: disk error, block %u", page);
}

/* A buffer to use: a new one, or the first that was not used since the hand last came by. */
static uint64_t take_buffer(void) {
  if (filled < pool_pages) return filled++;
  while (buffers[hand].used) {
    buffers[hand].used = 0;
    hand = hand + 1 == pool_pages ? 0 : hand + 1;
  }
  const uint64_t buffer = hand;
  hand = hand + 1 == pool_pages ? 0 : hand + 1;
  const uint32_t old = buffers[buffer].page;
  if (buffers[buffer].changed) transfer(OC_DISK_WRITE_IMAGE, old, buffer);
  table[old].buffer = NOWHERE;
  return buffer;
}

/* A page that was never written is made, as a new table is; others come from the disk. */
static uint64_t buffer_of(uint64_t page) {
  if (table[page].generation != 0 && table[page].buffer != NOWHERE) return table[page].buffer;
  const uint64_t buffer = take_buffer();
  const int made = table[page].generation == 0;
  if (made) {
    table[page].generation = 1;
    content_fill(buffer_address(buffer), CONTENT_RECORDS, identity_of(page), 1);
  } else {
    transfer(OC_DISK_READ_IMAGE, page, buffer);
  }
  buffers[buffer] = (struct buffer){.page = (uint32_t)page, .used = 1, .changed = (uint8_t)made};
  table[page].buffer = (uint32_t)buffer;
  return buffer;
}

static void access_row(struct random* random, uint64_t page, uint64_t writes) {
  const uint64_t buffer = buffer_of(page);
  void* row = buffer_address(buffer);
  const enum content_depth depth = random_chance(random, 60) ? CHECK_ALL : CHECK_STAMPS;
  if (!content_check(row, CONTENT_RECORDS, identity_of(page), table[page].generation, depth)) {
    panic("wrong byte in the table: page %u, generation %u", page, (uint64_t)table[page].generation);
  }
  if (random_chance(random, writes)) {
    content_stamp(row, CONTENT_RECORDS, identity_of(page), ++table[page].generation);
    buffers[buffer].changed = 1;
  }
  buffers[buffer].used = 1;
  result_add(mix(identity_of(page) + table[page].generation));
}

void program_database(void) {
  struct random random;
  random_seed(&random, argument_seed(), 1);
  pool_pages = memory_claim("pool", argument_size("pool")) / OC_PAGE_SIZE;
  table_pages = argument_size("table") / OC_PAGE_SIZE;
  if (table_pages > cache_disk_blocks()) table_pages = cache_disk_blocks();
  if (table_pages == 0) table_pages = pool_pages; /* no disk: a table in memory */
  if (pool_pages > table_pages) pool_pages = table_pages;
  if (pool_pages == 0) panic("database: no memory for a pool");
  filled = 0;
  hand = 0;
  pool = area_create(pool_pages * OC_PAGE_SIZE);
  table = (struct table_page*)area_create(table_pages * sizeof *table);
  buffers = (struct buffer*)area_create(pool_pages * sizeof *buffers);
  if (pool == 0 || table == 0 || buffers == 0) panic("database: no address space");

  const uint64_t writes = argument_value("writes");
  const uint64_t rows = argument_value("rows");
  const uint64_t hot = argument_value("hot");
  for (uint64_t page = 0; page < pool_pages; ++page) { /* warm up: the pool starts full */
    (void)buffer_of(page);
    preparation_work(FILL_WORK);
  }
  for (;;) {
    for (uint64_t row = 0; row < rows; ++row) {
      const int popular = random_chance(&random, hot);
      access_row(&random, popular ? random_popular(&random, table_pages) : random_below(&random, table_pages), writes);
    }
    operation_end();
  }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot block to the running program.
 *
 *   memory   | low | image | table pool | clock page | frame table, hash buckets, swap map | free frames …        |
 */
#include "arguments.h"
#include "attention.h"
#include "cache.h"
#include "console.h"
#include "fault.h"
#include "frames.h"
#include "hypercall.h"
#include "memory.h"
#include "operation.h"
#include "pressure.h"
#include "process.h"
#include "programs.h"
#include "stats.h"
#include "swap.h"
#include "tables.h"
#include "truth.h"

#define IDLE_WAIT 100000000u /* 0.1 s */

extern uint8_t kernel_stack_guard[];

void kernel_main(const struct oc_boot_info* boot) __attribute__((noreturn));

static uint64_t pages_for(uint64_t bytes) { return (bytes + OC_PAGE_SIZE - 1) / OC_PAGE_SIZE; }

/* The kernel's own tables lie behind the clock page; memory that the loader hands over is zero. */
static void set_up_memory(const struct oc_boot_info* boot) {
  const uint32_t count = (uint32_t)(boot->memory_bytes / OC_PAGE_SIZE);
  uint32_t buckets = 64;
  while (buckets < count / 4) buckets *= 2;

  const uint64_t table_at = boot->clock_page + OC_PAGE_SIZE;
  const uint64_t buckets_at = table_at + count * sizeof(struct frame);
  const uint64_t swap_map_at = buckets_at + buckets * sizeof(uint32_t);
  const uint64_t end = swap_map_at + (boot->swap_blocks + 63) / 64 * 8;
  const uint32_t first = (uint32_t)pages_for(end);
  if (first + 64 > count) panic("%u KiB of memory is too little for this kernel", boot->memory_bytes >> 10);

  frames_begin((struct frame*)table_at, count, first);
  tables_begin(boot);
  const uint32_t pool_first = (uint32_t)(boot->table_pool >> 12);
  const uint32_t pool_end = pool_first + (uint32_t)boot->table_pool_pages;
  for (uint32_t frame = 0; frame < first; ++frame) {
    const int table = frame >= pool_first && frame < pool_end;
    frame_use(frame, table ? FRAME_TABLE : FRAME_KERNEL, 0);
  }
  table_guard((uint64_t)kernel_stack_guard);
  memory_begin(boot);
  cache_begin(boot, (uint32_t*)buckets_at, buckets);
  swap_begin((uint64_t*)swap_map_at, boot->swap_blocks);

  /* A sixteenth is left for the page cache and for what cannot be foreseen. */
  const uint64_t usable = stats.frames_free - frame_reserve() - stats.frames_free / 16;
  memory_claim_begin(usable + boot->swap_blocks / 8 * 7);
}

static const struct program* find_program(void) {
  const struct program* program = program_named(argument_program());
  if (program == 0) panic("this kernel has no program %s", argument_program());
  return program;
}

static void idle_for_ever(void) __attribute__((noreturn));
static void idle_for_ever(void) {
  for (;;) {
    truth_flush();
    sleep(IDLE_WAIT);
    attention_serve();
  }
}

void kernel_main(const struct oc_boot_info* boot) {
  if (boot->magic != OC_BOOT_MAGIC || boot->abi_version != OC_ABI_VERSION) panic("boot information of another version");
  fault_begin();
  stats_announce();
  arguments_begin(boot);
  set_up_memory(boot);
  print("%u MiB of memory, %u pages free; image disk %u MiB, swap disk %u MiB; program %s", boot->memory_bytes >> 20, stats.frames_free,
        boot->image_blocks >> 8, boot->swap_blocks >> 8, argument_program());
  truth_flush();

  const struct program* program = find_program();
  operations_begin();
  enum process_end end;
  do {
    end = process_run(program->name, program->run);
    print("%s %s after %u operations", program->name, end == PROCESS_KILLED ? "was killed" : "ended", operations_done());
  } while (end == PROCESS_KILLED && argument_value("restart") != 0);
  idle_for_ever();
}

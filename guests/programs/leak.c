/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leak: allocates a little in every operation, sometimes looks at what it has, and never frees. The OOM killer ends it. */
#include "program.h"

void program_leak(void) {
  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  region_create(&memory, memory_and_swap(), CONTENT_TEXT, 1); /* more than there is: kernel and reserve take their part */
  const uint64_t step = (argument_size("step") + OC_PAGE_SIZE - 1) / OC_PAGE_SIZE;
  for (;;) {
    for (uint64_t page = 0; page < step && memory.pages < memory.capacity; ++page) {
      region_fill(&memory, memory.pages);
      ++memory.pages;
    }
    if (memory.pages != 0) result_add(region_read(&memory, random_below(&random, memory.pages)));
    operation_end();
  }
}

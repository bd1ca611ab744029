/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot-zero: a system that clears all of its memory while it boots, as Windows does. For the hypervisor every page has been
 * touched, though nearly none is in use; the balloon driver usually starts only later (`tools_start`).
 */
#include "../kernel/zero.h"
#include "program.h"

void program_boot_zero(void) {
  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  zero_everything(argument_value("zero_work"));

  const uint64_t bytes = memory_claim("working_set", argument_size("working_set"));
  region_create(&memory, bytes, CONTENT_CODE, 1);
  region_resize(&memory, bytes, FILL_WORK);
  for (;;) {
    for (int touch = 0; touch < 2 && memory.pages != 0; ++touch) {
      result_add(region_use(&memory, random_popular(&random, memory.pages), &random, 200));
    }
    operation_end();
  }
}

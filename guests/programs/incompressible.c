/* SPDX-License-Identifier: GPL-2.0-or-later */
/* incompressible: random bytes, used in random order. Neither sharing nor compression finds anything here. */
#include "program.h"

void program_incompressible(void) {
  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  const uint64_t bytes = memory_claim("working_set", argument_size("working_set"));
  region_create(&memory, bytes, CONTENT_RANDOM, 1);
  region_resize(&memory, bytes, FILL_WORK);

  const uint64_t touches = argument_value("touches");
  const uint64_t writes = argument_value("writes");
  for (;;) {
    for (uint64_t touch = 0; touch < touches && memory.pages != 0; ++touch) {
      result_add(region_use(&memory, random_below(&random, memory.pages), &random, writes));
    }
    operation_end();
  }
}

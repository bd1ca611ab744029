/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idle: boots, reads some files, fills some memory, and then hardly uses any of it. */
#include "program.h"

void program_idle(void) {
  struct files files;
  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);

  files_begin(&files, 0, memory_claim("files", argument_size("files")));
  for (uint64_t block = 0; block < files.blocks; ++block) {
    result_add(files_read(&files, block));
    preparation_work(FILL_WORK);
  }
  const uint64_t bytes = memory_claim("working_set", argument_size("working_set"));
  region_create(&memory, bytes, CONTENT_TEXT, 1);
  region_resize(&memory, bytes, FILL_WORK);

  for (;;) {
    if (memory.pages != 0) result_add(region_use(&memory, random_popular(&random, memory.pages), &random, 200));
    operation_end();
  }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * webserver: each operation is a request. It reads a file of a few blocks through the page cache (a few files are very popular,
 * most are not), looks up one session in its heap and updates another.
 */
#include "program.h"

#define BLOCKS_PER_FILE 2
#define SPREAD 2654435761u /* odd: scatters popular files over the disk */

void program_webserver(void) {
  struct files files;
  struct region heap;
  struct random random;
  random_seed(&random, argument_seed(), 1);

  const uint64_t bytes = memory_claim("working_set", argument_size("working_set"));
  region_create(&heap, bytes, CONTENT_TEXT, 1);
  region_resize(&heap, bytes, FILL_WORK);
  files_begin(&files, 0, argument_size("files"));

  const uint64_t writes = argument_value("writes");
  for (;;) {
    const uint64_t file_count = files.blocks / BLOCKS_PER_FILE;
    if (file_count != 0) {
      const uint64_t file = random_popular(&random, file_count) * SPREAD % file_count;
      for (uint64_t i = 0; i < BLOCKS_PER_FILE; ++i) result_add(files_read(&files, file * BLOCKS_PER_FILE + i));
    }
    if (heap.pages != 0) {
      result_add(region_read(&heap, random_popular(&random, heap.pages)));
      result_add(region_use(&heap, random_below(&random, heap.pages), &random, writes));
    }
    operation_end();
  }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * java-heap: a runtime that fills the heap it was promised and goes through all of it again and again. An operation allocates
 * (writes the next pages) and a mark phase runs along (reads others in order). Every page is due soon: there is nothing cheap
 * to give away, and whoever takes memory from this guest makes it swap.
 */
#include "program.h"

void program_java_heap(void) {
  struct region heap;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  const uint64_t bytes = memory_claim("heap", argument_size("heap"));
  region_create(&heap, bytes, CONTENT_RECORDS, 1);
  region_resize(&heap, bytes, FILL_WORK);

  const uint64_t allocate = argument_value("allocate");
  const uint64_t mark = argument_value("mark");
  uint64_t young = 0, marked = heap.pages / 2;
  for (;;) {
    for (uint64_t page = 0; page < allocate && heap.pages != 0; ++page) {
      result_add(region_write(&heap, young++ % heap.pages));
    }
    for (uint64_t page = 0; page < mark && heap.pages != 0; ++page) {
      result_add(region_read(&heap, marked++ % heap.pages));
    }
    operation_end();
  }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toucher: allocates memory and touches all of it, round and round. With `hold`, its size goes up and down a staircase
 * (working_set, size2 … size6, and again): growing fills new pages, shrinking frees them.
 */
#include "program.h"

#define STAIRS 6

static uint64_t read_stairs(uint64_t* sizes) {
  static const char* const names[STAIRS] = {"working_set", "size2", "size3", "size4", "size5", "size6"};
  uint64_t count = 0;
  for (int i = 0; i < STAIRS; ++i) {
    const uint64_t size = argument_size(names[i]);
    if (size != 0) sizes[count++] = size;
  }
  return count;
}

void program_toucher(void) {
  uint64_t sizes[STAIRS];
  const uint64_t stairs = read_stairs(sizes);
  uint64_t highest = 0;
  for (uint64_t i = 0; i < stairs; ++i) highest = sizes[i] > highest ? sizes[i] : highest;

  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  region_create(&memory, memory_claim("working_set", highest), CONTENT_RECORDS, 1);

  const uint64_t hold = argument_value("hold");
  const uint64_t touches = argument_value("touches");
  const uint64_t writes = argument_value("writes");
  const int in_order = argument_value("random") == 0;
  uint64_t next = 0;
  for (uint64_t stair = 0;; stair = stair + 1 < stairs ? stair + 1 : 0) {
    region_resize(&memory, stairs != 0 ? sizes[stair] : 0, FILL_WORK);
    stats_phase(stair);
    for (uint64_t operation = 0; hold == 0 || operation < hold; ++operation) {
      for (uint64_t touch = 0; touch < touches && memory.pages != 0; ++touch) {
        const uint64_t page = in_order ? next++ % memory.pages : random_below(&random, memory.pages);
        result_add(region_use(&memory, page, &random, writes));
      }
      operation_end();
    }
  }
}

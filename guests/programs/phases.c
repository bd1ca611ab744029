/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phases: allocates once, then uses one part after another. Each phase has a working set of its own somewhere in the memory; the
 * rest lies idle but stays allocated and must come back unharmed. A signal, or `hold` operations, begins the next phase.
 */
#include "program.h"

#define PHASES 6

void program_phases(void) {
  static const char* const names[PHASES] = {"size1", "size2", "size3", "size4", "size5", "size6"};
  struct region memory;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  const uint64_t bytes = memory_claim("memory", argument_size("memory"));
  region_create(&memory, bytes, CONTENT_TEXT, 1);
  region_resize(&memory, bytes, FILL_WORK);

  const uint64_t touches = argument_value("touches");
  const uint64_t writes = argument_value("writes");
  const uint64_t hold = argument_value("hold");
  uint64_t begin = 0; /* of the phase's part; it wraps round the end of the memory */
  for (uint64_t phase = 0;; ++phase) {
    uint64_t pages = argument_size(names[phase % PHASES]) / OC_PAGE_SIZE;
    if (pages > memory.pages) pages = memory.pages;
    stats_phase(phase);
    print("phase %u: %u KiB in use", phase, pages * (OC_PAGE_SIZE >> 10));
    for (uint64_t operation = 0; (hold == 0 || operation < hold) && !signal_taken(); ++operation) {
      for (uint64_t touch = 0; touch < touches && pages != 0; ++touch) {
        const uint64_t page = (begin + random_below(&random, pages)) % memory.pages;
        result_add(region_use(&memory, page, &random, writes));
      }
      operation_end();
    }
    begin = memory.pages != 0 ? (begin + pages) % memory.pages : 0;
  }
}

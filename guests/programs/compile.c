/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile: one short process after the other. A process reads a source file and popular headers through the page cache, fills
 * object pages in fresh memory and reads some of them back, writes its output through the cache, and ends: its memory is free,
 * which nobody outside this machine can see. Most of the machine's memory is cache and free pages, cheap to give away.
 */
#include "program.h"

#define OUTPUT_BLOCKS 4

/* A disk without room behind the sources has no output. */
static void write_output(struct files* output, uint64_t process) {
  const uint64_t slots = output->blocks / OUTPUT_BLOCKS;
  if (slots == 0) return;
  for (uint64_t i = 0; i < OUTPUT_BLOCKS; ++i) {
    const uint64_t block = process % slots * OUTPUT_BLOCKS + i;
    files_write(output, block, CONTENT_CODE, mix(argument_seed() + process * OUTPUT_BLOCKS + i));
    result_add(files_read(output, block));
  }
}

/* Each operation reads two blocks, fills a page and checks one. */
static void compile_one(struct files* sources, struct random* random, uint64_t bytes, uint64_t process) {
  struct region objects;
  region_create(&objects, bytes, CONTENT_CODE, 1000 + process);
  while (objects.pages < objects.capacity) {
    if (sources->blocks != 0) {
      result_add(files_read(sources, random_popular(random, sources->blocks)));
      result_add(files_read(sources, (process * 7 + objects.pages) % sources->blocks));
    }
    region_fill(&objects, objects.pages);
    ++objects.pages;
    result_add(region_write(&objects, random_below(random, objects.pages)));
    operation_end();
  }
  region_destroy(&objects);
}

void program_compile(void) {
  struct files sources, output;
  struct random random;
  random_seed(&random, argument_seed(), 1);
  const uint64_t bytes = memory_claim("process", argument_size("process"));
  files_begin(&sources, 0, argument_size("sources"));
  files_begin(&output, sources.blocks, argument_size("output"));
  for (uint64_t process = 0;; ++process) {
    compile_one(&sources, &random, bytes, process);
    write_output(&output, process);
    operation_end();
  }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include "../abi/overcommit_abi.h"
#include "../kernel/cache.h"
#include "../kernel/console.h"
#include "../kernel/memory.h"

void files_begin(struct files* files, uint64_t skip, uint64_t bytes) {
  const uint64_t disk = cache_disk_blocks();
  const uint64_t first = skip < disk ? skip : disk;
  uint64_t blocks = (bytes + OC_PAGE_SIZE - 1) / OC_PAGE_SIZE;
  if (blocks > disk - first) {
    blocks = disk - first;
    print("files: %u KiB asked for, the image disk has %u KiB", bytes >> 10, blocks * (OC_PAGE_SIZE >> 10));
  }
  *files = (struct files){.first = first, .blocks = blocks};
  if (blocks != 0) files->sums = area_create(blocks * sizeof(uint32_t));
  if (blocks != 0 && files->sums == 0) panic("no address space for file checksums");
}

static uint32_t* sum_of(const struct files* files, uint64_t block) { return (uint32_t*)files->sums + block; }

uint64_t files_read(struct files* files, uint64_t block) {
  const void* page = cache_open(files->first + block, CACHE_USE);
  const uint32_t sum = content_sum(page);
  uint32_t* known = sum_of(files, block);
  if (*known == 0) *known = sum;
  if (*known != sum) panic("wrong byte in a file: image block %u", files->first + block);
  cache_close(page);
  return sum;
}

void files_write(struct files* files, uint64_t block, enum content kind, uint64_t identity) {
  void* page = cache_open(files->first + block, CACHE_OVERWRITE);
  content_fill(page, kind, identity, 1);
  const uint32_t sum = content_sum(page);
  *sum_of(files, block) = sum;
  cache_close(page);
}

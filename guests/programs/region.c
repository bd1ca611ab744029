/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "region.h"

#include "../abi/overcommit_abi.h"
#include "../kernel/arguments.h"
#include "../kernel/console.h"
#include "../kernel/memory.h"
#include "../kernel/operation.h"

#define CHECK_ALL_EVERY 16 /* uses; the others look at the stamps */
#define PAGES_PER_WORK 16

static uint16_t* generation_of(const struct region* region, uint64_t page) { return (uint16_t*)region->generations + page; }

static void* address_of(const struct region* region, uint64_t page) { return (void*)(region->base + page * OC_PAGE_SIZE); }

static uint64_t identity_of(const struct region* region, uint64_t page) { return mix(region->identity + page); }

void region_create(struct region* region, uint64_t bytes, enum content kind, uint64_t consumer) {
  const uint64_t capacity = bytes / OC_PAGE_SIZE;
  *region = (struct region){.capacity = capacity, .identity = mix(argument_seed() + mix(consumer)), .kind = kind};
  if (capacity == 0) return;
  region->base = area_create(bytes);
  region->generations = area_create(capacity * sizeof(uint16_t));
  if (region->base == 0 || region->generations == 0) panic("no address space for %u KiB", bytes >> 10);
}

void region_destroy(struct region* region) {
  if (region->capacity == 0) return;
  area_destroy(region->base);
  area_destroy(region->generations);
  region->capacity = 0;
  region->pages = 0;
}

void region_fill(struct region* region, uint64_t page) {
  uint16_t* generation = generation_of(region, page);
  ++*generation;
  if (region->kind == CONTENT_ZERO) {
    *(volatile uint64_t*)address_of(region, page) = 0; /* the kernel gives zero pages; it need only give this one */
    return;
  }
  content_fill(address_of(region, page), region->kind, identity_of(region, page), *generation);
}

void region_resize(struct region* region, uint64_t bytes, uint64_t page_work) {
  uint64_t pages = bytes / OC_PAGE_SIZE;
  if (pages > region->capacity) pages = region->capacity;
  while (region->pages < pages) {
    region_fill(region, region->pages++);
    if (region->pages % PAGES_PER_WORK == 0) preparation_work(PAGES_PER_WORK * page_work);
  }
  if (region->pages > pages) {
    area_forget((uint64_t)address_of(region, pages), (region->pages - pages) * OC_PAGE_SIZE);
    region->pages = pages;
  }
}

static void check(struct region* region, uint64_t page) {
  const enum content_depth depth = ++region->uses % CHECK_ALL_EVERY == 0 ? CHECK_ALL : CHECK_STAMPS;
  const uint64_t generation = *generation_of(region, page);
  if (!content_check(address_of(region, page), region->kind, identity_of(region, page), generation, depth)) {
    panic("wrong byte in program memory: page %x, generation %u", (uint64_t)address_of(region, page), generation);
  }
}

static uint64_t value_of(const struct region* region, uint64_t page) {
  return mix(identity_of(region, page) + *generation_of(region, page));
}

uint64_t region_read(struct region* region, uint64_t page) {
  check(region, page);
  return value_of(region, page);
}

uint64_t region_write(struct region* region, uint64_t page) {
  check(region, page);
  const uint16_t generation = ++*generation_of(region, page);
  content_stamp(address_of(region, page), region->kind, identity_of(region, page), generation);
  return value_of(region, page);
}

uint64_t region_use(struct region* region, uint64_t page, struct random* random, uint64_t permille) {
  return random_chance(random, permille) ? region_write(region, page) : region_read(region, page);
}

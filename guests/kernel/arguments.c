/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arguments.h"

#include "bytes.h"
#include "console.h"

#define REFERENCE_MEMORY (64ull << 20)

static const struct oc_boot_info* boot;
static uint64_t claimable; /* bytes */

static const struct {
  const char* program;
  const char* name;
  uint64_t value;
} defaults[] = {
#define OC_PROGRAM(symbol, name, text)
#define OC_ARGUMENT(program, name, unit, value, text) {program, name, value},
#include "../abi/programs.inc"
#undef OC_PROGRAM
#undef OC_ARGUMENT
};

void arguments_begin(const struct oc_boot_info* info) { boot = info; }

const char* argument_program(void) { return boot->program[0] != 0 ? boot->program : "idle"; }

uint64_t argument_seed(void) { return boot->seed; }

uint64_t memory_and_swap(void) {
  const uint64_t all = boot->memory_bytes + boot->swap_blocks * OC_PAGE_SIZE;
  const uint64_t room = boot->dynamic_size / 8 * 5;
  return all < room ? all : room;
}

static uint64_t default_of(const char* name) {
  const char* program = argument_program();
  for (uint64_t i = 0; i < sizeof defaults / sizeof defaults[0]; ++i) {
    if (text_equal(defaults[i].program, program) && text_equal(defaults[i].name, name)) return defaults[i].value;
  }
  panic("program %s has no argument %s", program, name);
}

uint64_t argument_value(const char* name) {
  for (uint32_t i = 0; i < boot->argument_count; ++i) {
    if (text_equal(boot->arguments[i].name, name)) return boot->arguments[i].value;
  }
  return default_of(name);
}

uint64_t argument_size(const char* name) {
  const uint64_t value = argument_value(name);
  if (value != default_of(name) || boot->memory_bytes >= REFERENCE_MEMORY) return value;
  return value / (REFERENCE_MEMORY >> 20) * (boot->memory_bytes >> 20);
}

void memory_claim_begin(uint64_t pages) { claimable = pages * OC_PAGE_SIZE; }

uint64_t memory_claim(const char* what, uint64_t bytes) {
  uint64_t granted = (bytes + OC_PAGE_SIZE - 1) & ~(uint64_t)(OC_PAGE_SIZE - 1);
  if (granted > claimable) {
    granted = claimable;
    print("%s: %u KiB asked for, %u KiB is what this machine can bear", what, bytes >> 10, granted >> 10);
  }
  claimable -= granted;
  return granted;
}

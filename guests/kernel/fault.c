/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

#include "console.h"
#include "memory.h"

#define VECTORS 18
#define PAGE_FAULT 14
#define ERROR_PROTECTION 0x1u /* the page was present: not a missing page but a forbidden access */

/* Gate descriptor: offset 15..0 | selector | ist | type | offset 31..16 | offset 63..32 | zero. */
struct gate {
  uint16_t offset_low;
  uint16_t selector;
  uint16_t attributes;
  uint16_t offset_middle;
  uint32_t offset_high;
  uint32_t zero;
};
_Static_assert(sizeof(struct gate) == 16, "the processor's format");

#define INTERRUPT_GATE 0x8e00u /* present, ring 0, interrupts stay off */

static struct gate gates[VECTORS] __attribute__((aligned(16)));
extern const uint64_t exception_entries[VECTORS];

void handle_exception(const struct fault_frame* frame);

void fault_begin(void) {
  for (int vector = 0; vector < VECTORS; ++vector) {
    const uint64_t entry = exception_entries[vector];
    if (entry == 0) continue;
    gates[vector] = (struct gate){.offset_low = (uint16_t)entry,
                                  .selector = OC_CODE_SELECTOR,
                                  .attributes = INTERRUPT_GATE,
                                  .offset_middle = (uint16_t)(entry >> 16),
                                  .offset_high = (uint32_t)(entry >> 32)};
  }
  const struct __attribute__((packed)) {
    uint16_t limit;
    uint64_t base;
  } table = {sizeof gates - 1, (uint64_t)gates};
  __asm__ volatile("lidt %0" : : "m"(table));
}

static uint64_t fault_address(void) {
  uint64_t address;
  __asm__ volatile("mov %%cr2, %0" : "=r"(address));
  return address;
}

static const char* name_of(uint64_t vector) {
  static const char* const names[VECTORS] = {
      [0] = "divide error",        [3] = "breakpoint",          [6] = "invalid opcode",       [7] = "no floating point unit",
      [8] = "double fault",        [10] = "invalid task state", [11] = "segment not present", [12] = "stack fault",
      [13] = "general protection", [14] = "page fault",         [17] = "alignment check"};
  return vector < VECTORS && names[vector] != 0 ? names[vector] : "exception";
}

void handle_exception(const struct fault_frame* frame) {
  if (frame->vector != PAGE_FAULT) {
    panic("%s (vector %u, code %x) at rip %x", name_of(frame->vector), frame->vector, frame->error_code, frame->rip);
  }
  const uint64_t address = fault_address();
  if ((frame->error_code & ERROR_PROTECTION) == 0 && memory_serve_fault(address)) return;
  panic("page fault at rip %x: address %x, code %x, nothing belongs there", frame->rip, address, frame->error_code);
}

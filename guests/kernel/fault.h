/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: a page fault in program memory is served, everything else is the end. */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include <stdint.h>

/* What fault.S leaves on the stack, lowest address first. */
struct fault_frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
  uint64_t vector;
  uint64_t error_code;
  uint64_t rip, cs, rflags, rsp, ss;
};

/* Loads the interrupt descriptor table. */
void fault_begin(void);

#endif

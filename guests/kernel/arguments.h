/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the scenario asks of the program: named numbers, with the defaults of programs.inc; and how much memory it may have. */
#ifndef GUEST_ARGUMENTS_H
#define GUEST_ARGUMENTS_H

#include <stdint.h>

#include "../abi/overcommit_abi.h"

void arguments_begin(const struct oc_boot_info* boot);

/* The program that the scenario chose. */
const char* argument_program(void);

/* A time, count or permille. */
uint64_t argument_value(const char* name);

/* A size in bytes. Defaults suit a machine of 64 MiB; on a smaller one they shrink with it. */
uint64_t argument_size(const char* name);

/* Bytes of the machine's memory and of its swap disk together, but no more than the dynamic area has room for. */
uint64_t memory_and_swap(void);

/* This machine's random seed. */
uint64_t argument_seed(void);

/*
 * Memory that the program means to use: answers how much of `bytes` this machine can bear, counting its swap disk and what was
 * claimed before. A smaller answer gets a line on the console.
 */
uint64_t memory_claim(const char* what, uint64_t bytes);

/* Sets what memory_claim() may give away. */
void memory_claim_begin(uint64_t pages);

#endif

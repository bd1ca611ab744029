/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beat of a program: one operation after the other, each with its declared work, its pause and its part of the result. */
#ifndef GUEST_OPERATION_H
#define GUEST_OPERATION_H

#include <stdint.h>

void operations_begin(void);

/* Adds to the checksum that is reported every 64 operations. */
void result_add(uint64_t value);

/* Ends an operation: reports it, serves the kernel's needs, pauses if the program's `think` says so. */
void operation_end(void);

/* Declares the work of a part of a long preparation, and serves the kernel's needs. */
void preparation_work(uint64_t nanoseconds);

/* Says which phase of its life the program is in, for those who watch. */
void stats_phase(uint64_t phase);

uint64_t operations_done(void);

#endif

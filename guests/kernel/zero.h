/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zero-page thread, as Windows has one: clears free pages ahead of need. It makes later page faults cheap, and to the
 * hypervisor it looks as if freed memory came to life.
 */
#ifndef GUEST_ZERO_H
#define GUEST_ZERO_H

#include <stdint.h>

void zero_thread_enable(void);

/* Clears some freed pages, if enabled; called whenever a program ends an operation. */
void zero_thread_run(void);

/* Clears all memory that was never used, as Windows does when it boots. `page_work` = declared nanoseconds a page. */
void zero_everything(uint64_t page_work);

#endif

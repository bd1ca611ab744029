/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the hypervisor what was done and how long it took, and what its replies ask of the kernel. There are no interrupts:
 * the reply to these three calls is the only way in which the outside reaches the machine.
 */
#ifndef GUEST_ATTENTION_H
#define GUEST_ATTENTION_H

#include <stdint.h>

void declare_work(uint64_t nanoseconds);
void declare_operation(uint64_t nanoseconds);
void sleep(uint64_t nanoseconds);

/* Serves what was asked for: starts or polls the balloon. Called between operations, when no page is held open. */
void attention_serve(void);

/* True once for every signal that the user sent. */
int signal_taken(void);

#endif

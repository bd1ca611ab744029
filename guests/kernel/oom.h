/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Out of memory: nothing is free and nothing can be replaced. */
#ifndef GUEST_OOM_H
#define GUEST_OOM_H

/* Ends the running program and frees its memory; the machine goes on. */
void oom_kill(void) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one running program, and how it ends: by returning, or by being killed in the middle of anything. */
#ifndef GUEST_PROCESS_H
#define GUEST_PROCESS_H

enum process_end { PROCESS_RETURNED, PROCESS_KILLED };

enum process_end process_run(const char* name, void (*program)(void));

int process_running(void);
const char* process_name(void);
void process_kill(void) __attribute__((noreturn));

#endif

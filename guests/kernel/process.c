/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include <stdint.h>

#include "cache.h"
#include "memory.h"

struct context {
  uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

int context_save(struct context* context) __attribute__((returns_twice));
void context_resume(struct context* context) __attribute__((noreturn));

static struct context before_program;
static const char* running;

int process_running(void) { return running != 0; }
const char* process_name(void) { return running; }

enum process_end process_run(const char* name, void (*program)(void)) {
  running = name;
  const int killed = context_save(&before_program);
  if (!killed) program();
  running = 0;
  cache_close_all();
  area_destroy_all();
  return killed ? PROCESS_KILLED : PROCESS_RETURNED;
}

void process_kill(void) { context_resume(&before_program); }

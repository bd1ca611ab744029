/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attention.h"

#include "balloon.h"
#include "hypercall.h"

static uint64_t attention;
static int balloon_started;

void declare_work(uint64_t nanoseconds) { attention |= hypercall(nanoseconds, 0, 0, OC_CALL_WORK); }

void declare_operation(uint64_t nanoseconds) { attention |= hypercall(1, nanoseconds, 0, OC_CALL_OPERATION); }

void sleep(uint64_t nanoseconds) { attention |= hypercall(nanoseconds, 0, 0, OC_CALL_WAIT); }

void attention_serve(void) {
  if (!(attention & OC_ATTENTION_BALLOON_POLL)) return;
  attention &= ~(uint64_t)OC_ATTENTION_BALLOON_POLL;
  if (!balloon_started) balloon_start();
  balloon_started = 1;
  balloon_poll();
}

int signal_taken(void) {
  const int taken = (attention & OC_ATTENTION_SIGNAL) != 0;
  attention &= ~(uint64_t)OC_ATTENTION_SIGNAL;
  return taken;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation.h"

#include "arguments.h"
#include "attention.h"
#include "hypercall.h"
#include "random.h"
#include "stats.h"
#include "truth.h"
#include "zero.h"

#define OPERATIONS_PER_RESULT 64

static uint64_t operation_work, think;
static uint64_t done;
static uint64_t result;

void operations_begin(void) {
  operation_work = argument_value("op_work");
  think = argument_value("think");
  if (argument_value("zero_thread") != 0) zero_thread_enable();
}

void result_add(uint64_t value) { result = mix(result + value); }

void stats_phase(uint64_t phase) { stats.phase = phase; }

uint64_t operations_done(void) { return done; }

static void serve(void) {
  truth_flush();
  attention_serve();
  zero_thread_run();
}

void operation_end(void) {
  ++done;
  if (done % OPERATIONS_PER_RESULT == 0) hypercall(result, 0, 0, OC_CALL_RESULT);
  declare_operation(operation_work);
  serve();
  if (think != 0) {
    sleep(think);
    attention_serve();
  }
}

void preparation_work(uint64_t nanoseconds) {
  declare_work(nanoseconds);
  serve();
}

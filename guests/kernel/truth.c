/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truth.h"

#include "hypercall.h"

#define RECORDS (OC_PAGE_SIZE / sizeof(struct oc_truth))
_Static_assert(RECORDS <= OC_TRUTH_MAX, "a full page must fit in one call");

static struct oc_truth records[RECORDS] __attribute__((aligned(OC_PAGE_SIZE)));
static uint64_t count;

void truth_tell(enum oc_truth_kind kind, uint64_t subject, uint64_t value) {
  records[count++] = (struct oc_truth){.kind = kind, .subject = subject, .value = value};
  if (count == RECORDS) truth_flush();
}

void truth_flush(void) {
  if (count != 0) hypercall((uint64_t)records, count, 0, OC_CALL_TRUTH);
  count = 0;
}

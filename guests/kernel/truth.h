/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth channel: tells the trace what only the guest knows. Records gather in one page and go out when it is full and
 * when an operation ends. A frame that was never mentioned is free.
 */
#ifndef GUEST_TRUTH_H
#define GUEST_TRUTH_H

#include "../abi/overcommit_abi.h"

void truth_tell(enum oc_truth_kind kind, uint64_t subject, uint64_t value);
void truth_flush(void);

#endif

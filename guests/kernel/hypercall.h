/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the hypervisor: one function for every call of the ABI, and the stop sign. */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include "../abi/overcommit_abi.h"

uint64_t hypercall(uint64_t first, uint64_t second, uint64_t third, uint64_t call);

static inline uint64_t disk_transfer(enum oc_disk_operation operation, uint64_t block, uint64_t page_address) {
  return hypercall(operation, block, page_address, OC_CALL_DISK);
}

#endif

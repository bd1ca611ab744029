/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushes addresses that are none. Tolerated. */
    .include "hostile.inc"
    begin
    hypercall CALL_TLB_FLUSH, 0x8000000000000000
    hypercall CALL_TLB_FLUSH, 0xfffffffffffffffe
    hypercall CALL_TLB_FLUSH, 0xffffffffff
    hypercall CALL_TLB_FLUSH, DYNAMIC
    hypercall CALL_TLB_FLUSH, 0
    finish

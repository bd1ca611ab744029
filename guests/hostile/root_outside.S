/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads CR3 with an address outside memory. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND, %rax
    mov     %rax, %cr3
    hypercall CALL_TLB_FLUSH, -1
    survived

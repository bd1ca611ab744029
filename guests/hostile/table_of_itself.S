/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the PML4 its own page table and walks through it. Tolerated: the machine's own memory, whatever it means. */
    .include "hostile.inc"
    begin
    lea     3(%r14), %rax
    mov     %rax, 16(%r14)
    hypercall CALL_TLB_FLUSH, -1
    movabs  $DYNAMIC, %rbx
    mov     (%rbx), %rax            /* PML4[2] -> PML4[0] -> pointer table … */
    finish

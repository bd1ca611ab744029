/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a page table outside memory and touches a page under it. Stopped. */
    .include "hostile.inc"
    begin
    movabs  $BEYOND + 3, %rax
    mov     %rax, 16(%r14)
    movabs  $DYNAMIC, %rbx
    mov     (%rbx), %rax
    survived
